import type { ModelConfig } from '../../model/model-config.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';

/**
 * An Ollama `Modelfile` for a GGUF file, used as `ollama create NAME -f Modelfile`. Ollama takes the chat template from
 * the GGUF file; the Modelfile adds the stop tokens and the context length.
 */
export function modelfile(ggufName: string, config: ModelConfig, tokenizer: Tokenizer | undefined): string {
  const ends = new Set(config.eosTokenIds);
  if (tokenizer?.eosTokenId !== undefined) ends.add(tokenizer.eosTokenId);
  const stops = [...ends].flatMap((id) => tokenizer?.idToToken(id) ?? []);
  return [
    `FROM ./${ggufName}`,
    // Without a chat template the prompt is passed to the model unchanged.
    ...(tokenizer?.chatTemplate === undefined ? ['TEMPLATE "{{ .Prompt }}"'] : []),
    `PARAMETER num_ctx ${config.contextLength}`,
    ...stops.map((stop) => `PARAMETER stop ${JSON.stringify(stop)}`),
    '',
  ].join('\n');
}
