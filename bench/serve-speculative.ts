// Prompt-lookup speculation at concurrency 1, on and off in turn, where text is quoted and where nothing repeats:
// npm run bench -- serve-speculative [--model 100M|1B] [--rounds 5] [--threads 2] [--gguf PATH]
// Random weights quote nothing by themselves, so a grammar makes the model write its prompt again with small edits: the
// forward passes, the sampling and the verification are those of a model that chose to.
import { Engine } from '../src/serving/engine/engine.ts';
import type { GenerateRequest } from '../src/serving/engine/protocol.ts';
import { GREEDY } from '../src/serving/sampling/sampling-settings.ts';
import { B1, M100 } from '../test/support/random-gguf.ts';
import { randomModel } from '../test/support/test-model.ts';
import type { Bench } from './bench.ts';
import { median, option } from './support/servers.ts';

const OUTPUT_TOKENS = 160;
const SOURCE = `function area(shape) {
  if (shape.kind === "circle") return 3.14 * shape.radius * shape.radius;
  if (shape.kind === "square") return shape.side * shape.side;
  if (shape.kind === "rectangle") return shape.width * shape.height;
  throw new Error("unknown shape " + shape.kind);
}
`;

const bench: Bench = async (args) => {
  const path = option(args, 'gguf', randomModel(option(args, 'model', '100M') === '1B' ? B1 : M100));
  const rounds = Number(option(args, 'rounds', '5'));
  const common = {
    ggufPath: path,
    threads: Number(option(args, 'threads', '2')),
    contextTokens: 4096,
    maxRunning: 1,
    prefixCache: false,
  };
  const plain = await Engine.start(common);
  const guessing = await Engine.start({ ...common, speculation: 'lookup' });
  const rows = [];
  const notes: string[] = [];
  for (const [name, request] of Object.entries(workloads())) {
    const rates = { plain: [] as number[], guessing: [] as number[] };
    let drafted = 0;
    let accepted = 0;
    for (let round = 0; round < rounds; round++) {
      const seeded = request(round);
      const turns = [
        async () => rates.plain.push((await timed(plain, seeded)).rate),
        async () => {
          const { rate, usage } = await timed(guessing, seeded);
          rates.guessing.push(rate);
          drafted += usage.draftedTokens;
          accepted += usage.acceptedTokens;
        },
      ];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    }
    rows.push({
      case: name,
      ours: median(rates.guessing),
      peer: median(rates.plain),
      peerName: 'speculation off',
      unit: 'tok/s',
      ratio: median(rates.guessing.map((rate, index) => rate / rates.plain[index]!)),
      higherIsBetter: true,
    });
    notes.push(`${name}: ${drafted} tokens drafted, ${accepted} accepted.`);
  }
  await Promise.all([plain.close(), guessing.close()]);
  return { rows, notes: [...notes, 'Targets: at least 1.15x where text is quoted, never below 0.97x.'] };
};

export default bench;

function workloads(): Record<string, (round: number) => GenerateRequest> {
  const quote = (text: string): GenerateRequest => ({
    prompt: `${SOURCE}\n`,
    sampling: { ...GREEDY, grammar: `root ::= ${JSON.stringify(text)}` },
    maxTokens: OUTPUT_TOKENS,
  });
  return {
    'code edit': (round) => quote(SOURCE.replaceAll('shape', `form${round}`.slice(0, 5))),
    quotation: () => quote(SOURCE),
    'nothing repeats': (round) => ({
      prompt: SOURCE,
      sampling: { ...GREEDY, temperature: 1, seed: round },
      maxTokens: OUTPUT_TOKENS,
      ignoreEos: true,
    }),
  };
}

async function timed(engine: Engine, request: GenerateRequest) {
  const { tokens, usage } = await engine.complete(request);
  return { rate: ((tokens.length - 1) * 1000) / usage.decodeMs, usage };
}
