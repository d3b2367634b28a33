import { join } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import { chatMlTemplate } from '../../model/chat-template.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelDirectory, TokenizerFiles } from '../../model/model-directory.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../model/tokenizer/train-bpe.ts';
import type { Work } from '../../runtime/progress.ts';
import { prepareData } from '../data/prepare-data.ts';
import { isJsonLines, readJsonLines, readText } from '../data/read-documents.ts';
import type { TrainSettings } from '../run/settings.ts';
import type { TrainInput } from '../run/train.ts';

/** The shape of a model trained from scratch; the rest of its configuration is derived. */
export interface NewModelShape {
  layers: number;
  width: number;
  heads: number;
  vocabSize: number;
}

interface DataTrainingOptions {
  /** A `.txt` or `.jsonl` file. */
  dataPath: string;
  /** The model to continue from; default: a new model of `shape`, with a tokenizer trained on the data. */
  base?: ModelDirectory;
  shape: NewModelShape;
  settings: TrainSettings;
  validationFraction: number;
  cacheFolder: string;
}

type DataTraining = Pick<TrainInput, 'settings' | 'config' | 'data' | 'start'> & {
  tokenizer: TokenizerFiles;
  close(): void;
};

const END = '<|endoftext|>';
const TURN_TOKENS = ['<|im_start|>', '<|im_end|>'];

/** Prepares training on the user's own data: tokenizer, new or base model, batches. */
export async function dataTraining(options: DataTrainingOptions, work: Work): Promise<DataTraining> {
  const { base, settings } = options;
  const tokenizer = base === undefined ? await trainTokenizer(options, work) : tokenizerOf(base);
  const reader = Tokenizer.fromFiles(tokenizer);
  const config = base?.config ?? newModel(options.shape, reader, settings.contextLength);
  if (reader.vocabSize > config.vocabSize) {
    throw new FtsError(
      'invalid-input',
      `The tokenizer has ${reader.vocabSize} tokens, but the model has ${config.vocabSize}.`,
      {
        field: 'base',
        value: reader.vocabSize,
        remedy: 'Restore the tokenizer that belongs to the model.',
      },
    );
  }
  const data = await prepareData(
    options.dataPath,
    {
      tokenizer: reader,
      batchSize: settings.batchSize,
      contextLength: settings.contextLength,
      seed: settings.seed,
      validationFraction: options.validationFraction,
      cacheFolder: options.cacheFolder,
    },
    work,
  );
  return {
    settings,
    config,
    tokenizer,
    data,
    ...(base === undefined ? {} : { start: base.weights }),
    close: () => data.close(),
  };
}

async function trainTokenizer({ dataPath, shape, settings }: DataTrainingOptions, work: Work): Promise<TokenizerFiles> {
  const chat = isJsonLines(dataPath) && (await holdsMessages(dataPath));
  return trainByteLevelBpe(
    trainingTexts(dataPath),
    {
      vocabSize: shape.vocabSize,
      specialTokens: chat ? [END, ...TURN_TOKENS] : [END],
      eosToken: chat ? '<|im_end|>' : END,
      padToken: END,
      ...(chat ? { chatTemplate: chatMlTemplate } : {}),
      contextLength: settings.contextLength,
    },
    work,
  );
}

async function holdsMessages(path: string): Promise<boolean> {
  for await (const { document } of readJsonLines(path)) return 'messages' in document;
  return false;
}

async function* trainingTexts(path: string): AsyncGenerator<string> {
  if (!isJsonLines(path)) {
    yield* readText(path);
    return;
  }
  for await (const { document } of readJsonLines(path)) {
    if ('text' in document) yield document.text;
    else if ('prompt' in document) yield document.prompt + document.completion;
    else for (const { content } of document.messages) yield content;
  }
}

function tokenizerOf(base: ModelDirectory): TokenizerFiles {
  if (base.tokenizer !== undefined) return base.tokenizer;
  throw new FtsError('not-found', `The model in ${base.path} has no tokenizer.`, {
    field: 'base',
    value: join(base.path, 'tokenizer.json'),
    remedy: 'Put its tokenizer.json into the folder of the weights.',
  });
}

function newModel({ layers, width, heads }: NewModelShape, tokenizer: Tokenizer, contextLength: number): ModelConfig {
  const headDim = width / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new FtsError('invalid-input', `A width of ${width} cannot be divided into ${heads} heads of even size.`, {
      field: 'heads',
      value: heads,
      remedy: 'Choose heads so that width / heads is an even whole number.',
    });
  }
  return {
    family: 'llama',
    vocabSize: tokenizer.vocabSize,
    width,
    layers,
    heads,
    kvHeads: heads,
    headDim,
    // SwiGLU has three matrices instead of two, so 8/3 of the width gives as many parameters as the usual 4
    ffnWidth: Math.ceil((width * 8) / 3 / 32) * 32,
    contextLength,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: true,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: tokenizer.eosTokenId === undefined ? [] : [tokenizer.eosTokenId],
    ...(tokenizer.padTokenId === undefined ? {} : { padTokenId: tokenizer.padTokenId }),
  };
}
