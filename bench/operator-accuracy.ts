// How often the operator model is right: on the test set of its grammar, whose phrasings training never saw, and on two
// sets written by hand. `npm run bench -- operator-accuracy [ARTIFACT ...]` (default: operator:f32 and operator:q4_0 of
// this home, made by `fts up`).
import { readFileSync } from 'node:fs';
import { operatorPrompt } from '../src/operator/chat-template.ts';
import { generateOperatorDataset } from '../src/operator/dataset.ts';
import { delexicalise } from '../src/operator/delexicalise.ts';
import type { OperatorProposal } from '../src/operator/operations.ts';
import { operatorRecipe } from '../src/operator/recipe.ts';
import { scoreOperator } from '../src/operator/score.ts';
import { decodeOperatorAnswer } from '../src/operator/slot-codec.ts';
import { openServices } from '../src/services/open-services.ts';
import { Engine } from '../src/serving/engine/engine.ts';
import { GREEDY } from '../src/serving/sampling/sampling-settings.ts';
import type { BenchResult, BenchRow } from './bench.ts';

interface Wanted {
  request: string;
  proposal: OperatorProposal;
}

const fixtures = new URL('../src/operator/fixtures/', import.meta.url);

function handWritten(name: string): Wanted[] {
  return readFileSync(new URL(name, fixtures), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [request = '', answer = ''] = line.split(' => ');
      const space = answer.indexOf(' ');
      const proposal = { operation: answer.slice(0, space), arguments: JSON.parse(answer.slice(space + 1)) };
      return { request, proposal: proposal as OperatorProposal };
    });
}

export default async function bench(args: string[]): Promise<BenchResult> {
  const services = openServices(process.env, {});
  const ids = args.length > 0 ? args : ['operator:f32', 'operator:q4_0'];
  const test = generateOperatorDataset({
    ...operatorRecipe.data,
    trainExamples: 0,
    validationExamples: 0,
    testExamples: 1000,
  }).test;
  const sets: [string, Wanted[]][] = [
    ['test set', test],
    ['natural', handWritten('natural-requests.txt')],
    ['fresh', handWritten('fresh-requests.txt')],
  ];
  const rows: BenchRow[] = [];
  for (const id of ids) {
    const engine = await Engine.start({ ggufPath: services.registry.artifact(id).path });
    for (const [name, wanted] of sets) {
      const answers = await engine.completeAll(
        wanted.map(({ request }) => ({
          prompt: operatorPrompt(delexicalise(request).text),
          maxTokens: 120,
          sampling: GREEDY,
        })),
      );
      const { exactMatch } = scoreOperator(
        wanted.map(({ request, proposal }, index) => ({
          expected: proposal,
          answer: decodeOperatorAnswer(request, answers[index]!.text),
        })),
      );
      const peer = { peer: null, peerName: '-', ratio: null, reason: 'no peer: a share, not a race' };
      rows.push({
        case: `${id}, ${name} (${wanted.length})`,
        ours: exactMatch * 100,
        unit: '% exact match',
        higherIsBetter: true,
        ...peer,
      });
    }
    await engine.close();
  }
  services.database.close();
  return {
    rows,
    notes: ['natural guided the grammar; fresh was written after its last change and never used to improve it.'],
  };
}
