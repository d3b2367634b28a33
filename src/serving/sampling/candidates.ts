/** Tokens with their logits, most likely first. */
export interface Candidates {
  tokens: number[];
  logits: number[];
}

/** A token this many nats below the best has no share of the probability that a float32 logit can express. */
const NEGLIGIBLE_NATS = 23;

/** The index of the largest logit; the lowest index wins a tie, as in llama.cpp's greedy sampler. */
export function argmax(logits: Float32Array): number {
  let best = -Infinity;
  let index = 0;
  const whole = logits.length - (logits.length % 8);
  for (let start = 0; start < whole; start += 8) {
    // Hardly any eight hold a new best, so one test for all of them halves the time.
    if (
      logits[start]! > best ||
      logits[start + 1]! > best ||
      logits[start + 2]! > best ||
      logits[start + 3]! > best ||
      logits[start + 4]! > best ||
      logits[start + 5]! > best ||
      logits[start + 6]! > best ||
      logits[start + 7]! > best
    ) {
      for (let token = start; token < start + 8; token++) {
        if (logits[token]! > best) {
          best = logits[token]!;
          index = token;
        }
      }
    }
  }
  for (let token = whole; token < logits.length; token++) {
    if (logits[token]! > best) {
      best = logits[token]!;
      index = token;
    }
  }
  return index;
}

/** The `count` largest logits in falling order, by a bounded heap: O(n) when few are kept. */
export function largest(logits: Float32Array, count: number): Candidates {
  const size = Math.min(count, logits.length);
  const heap = new Int32Array(size);
  let length = 0;
  for (let token = 0; token < logits.length; token++) {
    if (length < size) {
      heap[length] = token;
      siftUp(heap, logits, length++);
    } else if (size > 0 && logits[token]! > logits[heap[0]!]!) {
      heap[0] = token;
      siftDown(heap, logits, size);
    }
  }
  const tokens = Array.from(heap.subarray(0, length)).sort((a, b) => logits[b]! - logits[a]! || a - b);
  return { tokens, logits: tokens.map((token) => logits[token]!) };
}

/** All tokens with a share worth drawing at this temperature, in no order. */
export function plausible(logits: Float32Array, temperature: number): Candidates {
  const floor = logits[argmax(logits)]! - NEGLIGIBLE_NATS * temperature;
  const tokens: number[] = [];
  const kept: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    const value = logits[token]!;
    if (value >= floor && value > -Infinity) {
      tokens.push(token);
      kept.push(value);
    }
  }
  return { tokens, logits: kept };
}

/** `log Σ exp(logits)`, computed from the maximum for stability. */
export function logSumExp(logits: Float32Array): number {
  const maximum = logits[argmax(logits)]!;
  let sum = 0;
  for (let token = 0; token < logits.length; token++) sum += Math.exp(logits[token]! - maximum);
  return maximum + Math.log(sum);
}

function siftUp(heap: Int32Array, keys: Float32Array, start: number): void {
  let child = start;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (keys[heap[parent]!]! <= keys[heap[child]!]!) return;
    swap(heap, parent, child);
    child = parent;
  }
}

function siftDown(heap: Int32Array, keys: Float32Array, length: number): void {
  let parent = 0;
  for (;;) {
    const left = 2 * parent + 1;
    if (left >= length) return;
    const right = left + 1;
    const smaller = right < length && keys[heap[right]!]! < keys[heap[left]!]! ? right : left;
    if (keys[heap[parent]!]! <= keys[heap[smaller]!]!) return;
    swap(heap, parent, smaller);
    parent = smaller;
  }
}

function swap(heap: Int32Array, a: number, b: number): void {
  const held = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = held;
}
