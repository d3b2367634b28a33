// Prompt-lookup speculation at concurrency 1, on and off in turn, where text is quoted and where nothing repeats:
// npm run bench -- serve-speculative [--rounds 5] [--threads 2] [--cases quote,summarise,...]
// The model repeats by itself what it has read (testing/models/copying-gguf.ts), at the cost of one of 100 M parameters.
import { Engine } from '../src/serving/engine/engine.ts';
import type { GenerateRequest } from '../src/serving/engine/protocol.ts';
import { GREEDY } from '../src/serving/sampling/sampling-settings.ts';
import { median } from '../src/statistics/distribution.ts';
import { copyingModel } from '../testing/models/copying-gguf.ts';
import { M100 } from '../testing/models/random-gguf.ts';
import { randomModel } from '../testing/models/test-model.ts';
import type { Bench } from './bench.ts';
import { option } from './support/servers.ts';

const OUTPUT_TOKENS = 128;
/** Ids that are ordinary tokens of the models' vocabulary. */
const FIRST_TOKEN = 300;
const TOKENS = 31_000;

const bench: Bench = async (args) => {
  const rounds = Number(option(args, 'rounds', '5'));
  const cases = option(args, 'cases', Object.keys(workloads).join(',')).split(',');
  const common = {
    threads: Number(option(args, 'threads', '2')),
    contextTokens: 2048,
    maxRunning: 1,
    prefixCache: false,
  };
  const rows = [];
  const notes: string[] = [];
  for (const name of cases) {
    const workload = workloads[name];
    if (workload === undefined) throw new Error(`no case ${name}: ${Object.keys(workloads).join(', ')}`);
    const ggufPath = workload.repeats ? copyingModel(M100) : randomModel(M100);
    const plain = await Engine.start({ ...common, ggufPath });
    const guessing = await Engine.start({ ...common, ggufPath, speculation: 'lookup' });
    const rates = { plain: [] as number[], guessing: [] as number[] };
    let drafted = 0;
    let accepted = 0;
    for (let round = 0; round < rounds; round++) {
      const request = workload.request(round);
      const results: number[][] = [];
      const turns = [
        async () => {
          const { rate, tokens } = await timed(plain, request);
          rates.plain.push(rate);
          results.push(tokens);
        },
        async () => {
          const { rate, tokens, usage } = await timed(guessing, request);
          rates.guessing.push(rate);
          results.push(tokens);
          drafted += usage.draftedTokens;
          accepted += usage.acceptedTokens;
        },
      ];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
      if (results[0]!.join() !== results[1]!.join())
        notes.push(`${name}: round ${round} gave other tokens with guesses.`);
    }
    await Promise.all([plain.close(), guessing.close()]);
    rows.push({
      case: name,
      ours: median(rates.guessing),
      peer: median(rates.plain),
      peerName: 'speculation off',
      unit: 'tok/s',
      ratio: median(rates.guessing.map((rate, index) => rate / rates.plain[index]!)),
      higherIsBetter: true,
    });
    notes.push(`${name}: ${drafted} of ${rounds * OUTPUT_TOKENS} tokens drafted, ${accepted} accepted.`);
  }
  return { rows, notes: [...notes, 'Targets: at least 1.15x where text is quoted, never below 0.97x.'] };
};

export default bench;

interface Workload {
  /** Whether the model repeats its prompt, or has random weights. */
  repeats: boolean;
  request(round: number): GenerateRequest;
}

const workloads: Record<string, Workload> = {
  /** A passage is given back as it is, as in extraction or when a file is rewritten with few changes. */
  quote: {
    repeats: true,
    request: (round) => {
      const passage = tokensOf(round, 0, 300);
      return ask([...passage, ...passage.slice(20, 24)]);
    },
  },
  /** Three quarters quotation, one quarter words of its own: spans of 24 that stand in the prompt, spans of 8 that do not. */
  'summarise and quote': { repeats: true, request: (round) => ask(summary(round, 24, 8)) },
  /** Short quotations, and as much between them that is in the prompt only as scattered pairs. */
  'half quoted': { repeats: true, request: (round) => ask(summary(round, 12, 12)) },
  'nothing repeats': {
    repeats: false,
    request: (round) => ({
      ...ask(tokensOf(round, 0, 200)),
      sampling: { ...GREEDY, temperature: 1, seed: round },
    }),
  },
};

/**
 * A prompt whose continuation by this model alternates between spans that stand in it and spans that do not: of the
 * latter it holds only pairs of neighbours, scattered, so that no three tokens in a row are to be found.
 */
function summary(round: number, quoted: number, own: number): number[] {
  const spans = Math.ceil(OUTPUT_TOKENS / (quoted + own)) + 1;
  const script = tokensOf(round, 0, spans * (quoted + own));
  const pieces: number[][] = [];
  for (let at = 0; at < script.length; at += quoted + own) {
    // Everything stands twice, so that it outweighs whatever happens to follow its last token once. Pairs lead from the
    // quotation's last token through the own words to the next quotation.
    const quotation = script.slice(at, at + quoted);
    pieces.push(quotation, quotation);
    for (let pair = at + quoted - 1; pair < at + quoted + own; pair++) {
      const neighbours = script.slice(pair, pair + 2);
      if (neighbours.length === 2) pieces.push(neighbours, neighbours);
    }
  }
  // Far apart in the order of the prompt what is near in the text.
  const scattered = pieces.map((piece, index) => ({ piece, key: (index * 7919 + round * 31) % 997 }));
  scattered.sort((a, b) => a.key - b.key);
  // The first token of all has no token before it, which this model takes for itself: a filler goes first.
  const fillers = tokensOf(round, 5000, pieces.length);
  return [...scattered.flatMap(({ piece }, index) => [fillers[index]!, ...piece]), script[0]!];
}

/** Distinct tokens, other ones for each round. */
function tokensOf(round: number, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => FIRST_TOKEN + (((from + index + round * 701) * 7919) % TOKENS));
}

function ask(prompt: number[]): GenerateRequest {
  return { prompt, sampling: GREEDY, maxTokens: OUTPUT_TOKENS, ignoreEos: true };
}

async function timed(engine: Engine, request: GenerateRequest) {
  const { tokens, usage } = await engine.complete(request);
  return { rate: ((tokens.length - 1) * 1000) / usage.decodeMs, tokens, usage };
}
