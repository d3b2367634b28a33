import { createHash } from 'node:crypto';
import type { ModelConfig } from '../../model/model-config.ts';
import type { TokenizerFiles } from '../../model/model-directory.ts';
import {
  operatorChatTemplate,
  operatorControlTokens,
  operatorSpecialTokens,
} from '../../model/operator/chat-template.ts';
import { generateOperatorDataset, type OperatorExample } from '../../model/operator/dataset.ts';
import { operatorRecipe } from '../../model/operator/recipe.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../model/tokenizer/train-bpe.ts';
import type { Work } from '../../runtime/progress.ts';
import { exampleBatches, promptAndCompletion, type TrainingExample } from '../data/example-batches.ts';
import { trainSettingsSchema } from '../settings.ts';
import type { TrainInput } from '../train.ts';

type OperatorTraining = Pick<TrainInput, 'settings' | 'config' | 'data'> & { tokenizer: TokenizerFiles };

/** Everything that the operator model is trained with: its generated data, a tokenizer trained on it, its shape. */
export async function operatorTraining(overrides: Record<string, unknown>, work: Work): Promise<OperatorTraining> {
  const { data: sizes, vocabSize, model, training } = operatorRecipe;
  const settings = trainSettingsSchema.parse({ ...training, ...overrides });
  work.report({ stage: 'data set', done: 0 });
  const dataset = generateOperatorDataset(sizes);
  const tokenizer = await trainByteLevelBpe(
    dataset.train.map(({ prompt, completion }) => prompt + completion),
    {
      vocabSize,
      specialTokens: operatorSpecialTokens,
      eosToken: operatorControlTokens.end,
      padToken: operatorControlTokens.end,
      chatTemplate: operatorChatTemplate,
      contextLength: model.contextLength,
    },
    work,
  );
  const reader = Tokenizer.fromFiles(tokenizer);
  const end = reader.tokenToId(operatorControlTokens.end)!;
  const encode = (examples: readonly (OperatorExample & { completion: string })[]): TrainingExample[] =>
    examples.map(({ prompt, completion }) => promptAndCompletion(reader.encode(prompt), reader.encode(completion)));
  const shape = { batch: settings.batchSize, length: settings.contextLength, padTokenId: end };
  const config: ModelConfig = {
    family: 'llama',
    ...model,
    vocabSize: reader.vocabSize,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: true,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [end],
    padTokenId: end,
  };
  return {
    settings,
    config,
    tokenizer,
    data: {
      train: exampleBatches(encode(dataset.train), { ...shape, seed: settings.seed }),
      validation: exampleBatches(encode(dataset.validation), { ...shape, seed: 0, inOrder: true }),
      hash: createHash('sha256')
        .update(JSON.stringify([sizes, dataset.train, dataset.validation]))
        .digest('hex'),
    },
  };
}
