;; The loops over whole parameter vectors that ONNX Runtime has no fused kernel for, as 128-bit SIMD over a shared memory.
;; All pointers are byte offsets, 16-byte aligned; all element counts are multiples of 4 (sum-of-squares: of 8).
;; kernels.wasm.ts is made from this file by `npm run kernels`.
(module
  (import "env" "memory" (memory 1 65536 shared))

  ;; AdamW with its moments kept scaled, M = m / (1 - beta1) and V = v / (1 - beta2), which saves two multiplications:
  ;;   G = scale * g;  M = beta1 * M + G;  V = beta2 * V + G * G;  p = keep * p - rate * M / (sqrt(V) + epsilon)
  ;; The caller folds the bias corrections into rate and epsilon, and the decoupled weight decay into keep.
  (func (export "adamw")
    (param $p i32) (param $m i32) (param $v i32) (param $g i32) (param $n i32)
    (param $beta1 f32) (param $beta2 f32) (param $keep f32) (param $rate f32) (param $epsilon f32) (param $scale f32)
    (local $end i32) (local $G v128) (local $M v128) (local $V v128)
    (local $vb1 v128) (local $vb2 v128) (local $vkeep v128) (local $vrate v128) (local $veps v128) (local $vscale v128)
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $vb1 (f32x4.splat (local.get $beta1)))
    (local.set $vb2 (f32x4.splat (local.get $beta2)))
    (local.set $vkeep (f32x4.splat (local.get $keep)))
    (local.set $vrate (f32x4.splat (local.get $rate)))
    (local.set $veps (f32x4.splat (local.get $epsilon)))
    (local.set $vscale (f32x4.splat (local.get $scale)))
    (if (i32.eqz (local.get $n)) (then (return)))
    (loop $next
      (local.set $G (f32x4.mul (v128.load (local.get $g)) (local.get $vscale)))
      (local.set $M (f32x4.add (f32x4.mul (v128.load (local.get $m)) (local.get $vb1)) (local.get $G)))
      (local.set $V (f32x4.add (f32x4.mul (v128.load (local.get $v)) (local.get $vb2))
                               (f32x4.mul (local.get $G) (local.get $G))))
      (v128.store (local.get $m) (local.get $M))
      (v128.store (local.get $v) (local.get $V))
      (v128.store (local.get $p)
        (f32x4.sub (f32x4.mul (v128.load (local.get $p)) (local.get $vkeep))
                   (f32x4.div (f32x4.mul (local.get $M) (local.get $vrate))
                              (f32x4.add (f32x4.sqrt (local.get $V)) (local.get $veps)))))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $p (i32.add (local.get $p) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $p) (local.get $end)))))

  ;; Sums of squares in double precision, one per block of $block elements, stored as f64 at $out. The blocks do not
  ;; depend on the number of threads, so neither does the sum of their sums.
  (func (export "sumOfSquares") (param $x i32) (param $n i32) (param $block i32) (param $out i32)
    (local $end i32) (local $stop i32) (local $a v128) (local $b v128) (local $v v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (if (i32.eqz (local.get $n)) (then (return)))
    (loop $blocks
      (local.set $stop (i32.add (local.get $x) (i32.shl (local.get $block) (i32.const 2))))
      (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
      (local.set $a (v128.const f64x2 0 0))
      (local.set $b (v128.const f64x2 0 0))
      (loop $next
        (local.set $v (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x))))
        (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $v) (local.get $v))))
        (local.set $v (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x))))
        (local.set $b (f64x2.add (local.get $b) (f64x2.mul (local.get $v) (local.get $v))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $x) (local.get $stop))))
      (local.set $a (f64x2.add (local.get $a) (local.get $b)))
      (f64.store (local.get $out)
        (f64.add (f64x2.extract_lane 0 (local.get $a)) (f64x2.extract_lane 1 (local.get $a))))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br_if $blocks (i32.lt_u (local.get $x) (local.get $end)))))

  ;; y += scale * x
  (func (export "addScaled") (param $y i32) (param $x i32) (param $n i32) (param $scale f32)
    (local $end i32) (local $vscale v128)
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $vscale (f32x4.splat (local.get $scale)))
    (if (i32.eqz (local.get $n)) (then (return)))
    (loop $next
      (v128.store (local.get $y)
        (f32x4.add (v128.load (local.get $y)) (f32x4.mul (v128.load (local.get $x)) (local.get $vscale))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $y) (local.get $end)))))

  ;; y[ids[i]] += rows[i] for rows of $width elements (a multiple of 4) and 32-bit ids: the gradient of a table look-up.
  (func (export "addRows") (param $y i32) (param $rows i32) (param $ids i32) (param $count i32) (param $width i32)
    (local $to i32) (local $stop i32) (local $bytes i32)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (if (i32.eqz (local.get $count)) (then (return)))
    (loop $next
      (local.set $to (i32.add (local.get $y) (i32.mul (i32.load (local.get $ids)) (local.get $bytes))))
      (local.set $stop (i32.add (local.get $to) (local.get $bytes)))
      (loop $element
        (v128.store (local.get $to) (f32x4.add (v128.load (local.get $to)) (v128.load (local.get $rows))))
        (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br_if $element (i32.lt_u (local.get $to) (local.get $stop))))
      (local.set $ids (i32.add (local.get $ids) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $next (local.get $count))))

  ;; 32-bit finalizer with low bias (C. Wellons, "hash-prospector"), four counters at a time.
  (func $mix (param $x v128) (result v128)
    (local.set $x (v128.xor (local.get $x) (i32x4.shr_u (local.get $x) (i32.const 16))))
    (local.set $x (i32x4.mul (local.get $x) (i32x4.splat (i32.const 0x7feb352d))))
    (local.set $x (v128.xor (local.get $x) (i32x4.shr_u (local.get $x) (i32.const 15))))
    (local.set $x (i32x4.mul (local.get $x) (i32x4.splat (i32.const 0x846ca68b))))
    (v128.xor (local.get $x) (i32x4.shr_u (local.get $x) (i32.const 16))))

  ;; Dropout mask: element i is 0 where hash(seed0, seed1, first + i) < threshold (unsigned), else $keep. A function of
  ;; its arguments only, so any part of it can be computed again, in any order, by any thread.
  (func (export "dropoutMask")
    (param $out i32) (param $n i32) (param $first i32) (param $seed0 i32) (param $seed1 i32) (param $threshold i32)
    (param $keep f32)
    (local $end i32) (local $counter v128) (local $vthreshold v128) (local $vkeep v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $n) (i32.const 2))))
    (local.set $counter (i32x4.add (i32x4.splat (local.get $first)) (v128.const i32x4 0 1 2 3)))
    (local.set $vthreshold (i32x4.splat (local.get $threshold)))
    (local.set $vkeep (f32x4.splat (local.get $keep)))
    (if (i32.eqz (local.get $n)) (then (return)))
    (loop $next
      (v128.store (local.get $out)
        (v128.and (local.get $vkeep)
          (i32x4.ge_u
            (call $mix (i32x4.add (i32x4.splat (local.get $seed1))
              (call $mix (v128.xor (local.get $counter) (i32x4.splat (local.get $seed0))))))
            (local.get $vthreshold))))
      (local.set $counter (i32x4.add (local.get $counter) (i32x4.splat (i32.const 4))))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))
)
