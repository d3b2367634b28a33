import koffi from 'koffi';
import { findNativeLibraries } from '../../src/runtime/llama-cpp-package.ts';
import { loadLlama } from '../../src/serving/llama/library.ts';

/** `enum llama_ftype` */
export const llamaFileTypes = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7, Q4_K_M: 15, Q5_K_M: 17, Q6_K: 18 } as const;

const pointer = 'void *';
let quantizeFile: ((from: string, to: string, params: object) => number) | undefined;
let defaultParams: (() => Record<string, unknown>) | undefined;

function load(): void {
  if (quantizeFile !== undefined) return;
  loadLlama();
  const library = koffi.load(findNativeLibraries().llama);
  koffi.struct('llama_model_quantize_params', {
    nthread: 'int32_t',
    ftype: 'int',
    output_tensor_type: 'int',
    token_embedding_type: 'int',
    allow_requantize: 'bool',
    quantize_output_tensor: 'bool',
    only_copy: 'bool',
    pure: 'bool',
    keep_split: 'bool',
    dry_run: 'bool',
    imatrix: pointer,
    kv_overrides: pointer,
    tt_overrides: pointer,
    prune_layers: pointer,
    max_buf_size: 'size_t',
  });
  defaultParams = library.func('llama_model_quantize_params llama_model_quantize_default_params()');
  quantizeFile = library.func(
    'uint32_t llama_model_quantize(const char *from, const char *to, llama_model_quantize_params *params)',
  );
}

/** llama.cpp's own quantization of a GGUF file. `pure` gives every matrix the same type. */
export function llamaCppQuantize(
  from: string,
  to: string,
  type: keyof typeof llamaFileTypes,
  { pure = false } = {},
): void {
  load();
  const params = { ...defaultParams!(), ftype: llamaFileTypes[type], pure, allow_requantize: true, nthread: 2 };
  const code = quantizeFile!(from, to, params);
  if (code !== 0) throw new Error(`llama_model_quantize returned ${code}`);
}
