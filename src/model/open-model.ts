import { stat } from 'node:fs/promises';
import type { CheckpointReader } from './checkpoint/checkpoint-reader.ts';
import { ggufCheckpoint } from './gguf/gguf-checkpoint.ts';
import { openGgufModel } from './gguf/import-gguf.ts';
import type { ModelConfig } from './model-config.ts';
import { openModelDirectory, weightFileBytes } from './model-directory.ts';
import { Tokenizer } from './tokenizer/tokenizer.ts';

/** A model on disk that can be computed with, however it is stored. */
export interface OpenModel {
  config: ModelConfig;
  tokenizer: Tokenizer | undefined;
  checkpoint: CheckpointReader;
  /** Size of the weights' file. */
  bytes: number;
  close(): Promise<void>;
}

/** Opens a GGUF file, or a model directory, quantized or not. */
export async function openModel(path: string): Promise<OpenModel> {
  if (path.endsWith('.gguf')) {
    const { reader, config, tokenizer } = await openGgufModel(path);
    return {
      config,
      tokenizer: tokenizer === undefined ? undefined : Tokenizer.fromFiles(tokenizer),
      checkpoint: ggufCheckpoint(reader, config),
      bytes: (await stat(path)).size,
      close: () => reader.close(),
    };
  }
  const model = await openModelDirectory(path);
  return {
    config: model.config,
    tokenizer: model.tokenizer === undefined ? undefined : Tokenizer.fromFiles(model.tokenizer),
    checkpoint: model.weights,
    bytes: await weightFileBytes(path),
    close: () => model.close(),
  };
}
