/** Ollama's routes that use a model or tell about models; those that change the registry are not among them. */
const ollamaPaths = /^\/api\/(chat|generate|embed|embeddings|tags|show|ps|version)$/;

/** Paths of the model APIs, which programs of all kinds call; the rest is ours and the console's. */
export function isForPrograms(path: string): boolean {
  return ollamaPaths.test(path) || (path.startsWith('/v1/') && !isAdapterPath(path));
}

/** vLLM's routes that load and unload LoRA adapters. */
export const isAdapterPath = (path: string): boolean => /^\/v1\/(un)?load_lora_adapter$/.test(path);
