import { SeededRandom } from '../random/seeded-random.ts';
import { operatorControlTokens, operatorPrompt } from './chat-template.ts';
import { type DelexicalisedRequest, delexicalise, type RequestSlot } from './delexicalise.ts';
import type { GrammarEntry } from './grammar/entry.ts';
import { operatorGrammar, type Split, splitOf } from './grammar/grammar.ts';
import {
  type ArgumentForm,
  type OperatorOperationName,
  type OperatorProposal,
  operatorOperations,
} from './operations.ts';
import { realise } from './realise.ts';
import { argumentValue } from './slot-decoder.ts';

/** One line of the data set's JSONL. */
export interface OperatorExample {
  /** What the model reads, control tokens included. */
  prompt: string;
  /** What it is to write, with the end token; undefined where the slots cannot express the proposal. */
  completion: string | undefined;
  /** What the person wrote. */
  request: string;
  proposal: OperatorProposal;
}

export interface OperatorDataset {
  train: (OperatorExample & { completion: string })[];
  validation: (OperatorExample & { completion: string })[];
  /** Phrasings that neither of the others has; also those whose values the slots miss, which count as failures. */
  test: OperatorExample[];
}

export interface OperatorDatasetSize {
  seed: number;
  trainExamples: number;
  validationExamples: number;
  testExamples: number;
}

/** Generates the operator model's data set: the same seed and sizes give the same bytes. */
export function generateOperatorDataset(size: OperatorDatasetSize): OperatorDataset {
  const expressible = (example: OperatorExample): example is OperatorExample & { completion: string } =>
    example.completion !== undefined;
  const draw = (split: Split, count: number, keep: (example: OperatorExample) => boolean): OperatorExample[] => {
    const next = exampleSource(split, size.seed);
    const examples: OperatorExample[] = [];
    while (examples.length < count) {
      const example = next();
      if (keep(example)) examples.push(example);
    }
    return examples;
  };
  return {
    train: draw('train', size.trainExamples, expressible) as OperatorDataset['train'],
    validation: draw('validation', size.validationExamples, expressible) as OperatorDataset['validation'],
    test: draw('test', size.testExamples, () => true),
  };
}

/** How often an operation is drawn, against 1 for most. */
const weights: Partial<Record<OperatorOperationName, number>> = {
  none: 5,
  'purge.url': 1.6,
  'purge.cpcode': 1.4,
  'purge.tag': 1.6,
  'property.activate': 1.6,
  'property.rollback': 1.4,
  'dns.record.add': 1.6,
  'dns.record.change': 1.6,
  'edgekv.write': 1.4,
  'property.list': 0.5,
  'edgeworker.list': 0.5,
  'dns.zone.list': 0.5,
  'networklist.list': 0.5,
  'cpcode.list': 0.5,
};

function exampleSource(split: Split, seed: number): () => OperatorExample {
  const random = new SeededRandom(seed * 3 + ['train', 'validation', 'test'].indexOf(split));
  const byOperation = new Map<
    OperatorOperationName,
    { entry: GrammarEntry; phrase: string; kind: 'command' | 'other' }[]
  >();
  for (const entry of operatorGrammar.entries) {
    const phrases = byOperation.get(entry.operation) ?? [];
    for (const phrase of entry.commands) phrases.push({ entry, phrase, kind: 'command' });
    for (const phrase of entry.others ?? []) phrases.push({ entry, phrase, kind: 'other' });
    byOperation.set(entry.operation, phrases);
  }
  const operations = [...byOperation].map(([operation, phrases]) => ({
    weight: weights[operation] ?? 1,
    phrases: phrases.filter(({ phrase }) => splitOf(operation, phrase) === split),
  }));
  const total = operations.reduce((sum, { weight }) => sum + weight, 0);
  return () => {
    let left = random.unit() * total;
    const drawn =
      operations.find(({ weight }) => {
        left -= weight;
        return left < 0;
      }) ?? operations[0]!;
    const { entry, phrase, kind } = random.pick(drawn.phrases);
    const { request, proposal } = realise(entry, phrase, kind, split, random);
    return operatorExample(request, proposal);
  };
}

/** A request and its proposal as the model is trained on them. */
export function operatorExample(request: string, proposal: OperatorProposal): OperatorExample {
  const encoded = delexicalise(request);
  const completion = completionOf(proposal, encoded);
  return {
    prompt: operatorPrompt(encoded.text),
    completion: completion === undefined ? undefined : completion + operatorControlTokens.end,
    request,
    proposal,
  };
}

/** The proposal as one line of JSON with slots for its values; undefined if a value is in no slot. */
function completionOf(proposal: OperatorProposal, encoded: DelexicalisedRequest): string | undefined {
  const used = new Set<RequestSlot>();
  const parts: string[] = [];
  const args = operatorOperations[proposal.operation].arguments as Record<string, { form: ArgumentForm }>;
  for (const [name, value] of Object.entries(proposal.arguments)) {
    const form = args[name]!.form;
    if (form === 'choice') {
      const said = encoded.slots.find(({ values }) => values[0]!.kind === 'type' && values[0]!.written === value);
      parts.push(`"${name}":${said?.token ?? `"${String(value)}"`}`);
      continue;
    }
    const slots = slotsFor(Array.isArray(value) ? value : [value], form, encoded, used);
    if (!slots) return undefined;
    const list = slots.map(({ token }) => token).join(',');
    parts.push(`"${name}":${Array.isArray(value) ? `[${list}]` : list}`);
  }
  return `{"operation":"${proposal.operation}","arguments":{${parts.join(',')}}}`;
}

/** Slots that together carry exactly these values, in order; slots not used yet come first. */
function slotsFor(
  values: readonly unknown[],
  form: ArgumentForm,
  encoded: DelexicalisedRequest,
  used: Set<RequestSlot>,
): RequestSlot[] | undefined {
  const chosen: RequestSlot[] = [];
  let next = 0;
  while (next < values.length) {
    const candidates = encoded.slots.filter(({ values: carried }) =>
      carried.every((value, at) => argumentValue(value, form) === values[next + at]),
    );
    const slot = candidates.find((candidate) => !used.has(candidate)) ?? candidates[0];
    if (!slot) return undefined;
    used.add(slot);
    chosen.push(slot);
    next += slot.values.length;
  }
  return chosen;
}
