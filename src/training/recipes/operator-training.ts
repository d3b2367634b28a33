import { createHash } from 'node:crypto';
import { parseWith } from '../../errors/parse-with.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { TokenizerFiles } from '../../model/model-directory.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../model/tokenizer/train-bpe.ts';
import {
  operatorChatTemplate,
  operatorControlTokens,
  operatorSpecialTokens,
  operatorTextTokens,
} from '../../operator/chat-template.ts';
import { generateOperatorDataset, type OperatorExample } from '../../operator/dataset.ts';
import { operatorRecipe } from '../../operator/recipe.ts';
import type { Work } from '../../runtime/progress.ts';
import type { BatchSource } from '../data/batch.ts';
import { exampleBatches, promptAndCompletion, type TrainingExample } from '../data/example-batches.ts';
import { trainSettingsSchema } from '../run/settings.ts';
import type { TrainInput } from '../run/train.ts';

type OperatorTraining = Pick<TrainInput, 'settings' | 'config' | 'data'> & { tokenizer: TokenizerFiles };

/** Prepares the training of the operator model: its generated data, a tokenizer trained on it, its configuration. */
export async function operatorTraining(overrides: Record<string, unknown>, work: Work): Promise<OperatorTraining> {
  const { data: sizes, vocabSize, model, training } = operatorRecipe;
  const settings = parseWith(trainSettingsSchema, { ...training, ...overrides }, 'the training settings');
  work.report({ stage: 'data set', done: 0 });
  const dataset = generateOperatorDataset(sizes);
  const tokenizer = await trainByteLevelBpe(
    dataset.train.map(({ prompt, completion }) => prompt + completion),
    {
      vocabSize,
      specialTokens: operatorSpecialTokens,
      shownTokens: operatorTextTokens,
      eosToken: operatorControlTokens.end,
      padToken: operatorControlTokens.end,
      chatTemplate: operatorChatTemplate,
      contextLength: model.contextLength,
    },
    work,
  );
  const reader = Tokenizer.fromFiles(tokenizer);
  const end = reader.tokenToId(operatorControlTokens.end)!;
  const shape = { batch: settings.batchSize, length: settings.contextLength };
  return {
    settings,
    config: { ...operatorConfig(reader.vocabSize), eosTokenIds: [end], padTokenId: end },
    tokenizer,
    data: {
      train: exampleBatches(encode(dataset.train, reader), { ...shape, padTokenId: end, seed: settings.seed }),
      validation: heldOutBatches(dataset.validation, reader, shape),
      hash: createHash('sha256')
        .update(JSON.stringify([sizes, dataset.train, dataset.validation]))
        .digest('hex'),
    },
  };
}

/** The configuration of the network, a Llama. */
export function operatorConfig(vocabSize: number): ModelConfig {
  return {
    family: 'llama',
    ...operatorRecipe.model,
    vocabSize,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: true,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [],
  };
}

/** The validation examples as batches for evaluation: completions for phrasings that do not occur in training. */
export function operatorHeldOut(tokenizer: Tokenizer): BatchSource {
  const { data, training } = operatorRecipe;
  const { validation } = generateOperatorDataset({ ...data, trainExamples: 0, testExamples: 0 });
  return heldOutBatches(validation, tokenizer, { batch: training.batchSize, length: training.contextLength });
}

type Completed = OperatorExample & { completion: string };

function heldOutBatches(
  examples: readonly Completed[],
  tokenizer: Tokenizer,
  shape: { batch: number; length: number },
): BatchSource {
  return exampleBatches(encode(examples, tokenizer), { ...shape, seed: 0, inOrder: true });
}

function encode(examples: readonly Completed[], tokenizer: Tokenizer): TrainingExample[] {
  return examples.map(({ prompt, completion }) =>
    promptAndCompletion(tokenizer.encode(prompt), tokenizer.encode(completion)),
  );
}
