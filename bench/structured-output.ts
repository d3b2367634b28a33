import { existsSync } from 'node:fs';
import { compileSchema } from '../src/constraint/json-schema/compile-schema.ts';
import { Matcher } from '../src/constraint/matcher.ts';
import { TokenMasks } from '../src/constraint/token-masks.ts';
import { VocabularyTree } from '../src/constraint/vocabulary.ts';
import { isWornOut, newWorkshop } from '../src/constraint/workshop.ts';
import { FtsError } from '../src/errors/fts-error.ts';
import { percentile } from '../src/statistics/distribution.ts';
import type { BenchResult, BenchRow } from './bench.ts';
import { runSchemaSuite, type SuiteTally } from './measure/json-schema-suite.ts';
import { maskBenchCases } from './measure/maskbench.ts';
import { tiktokenVocabulary } from './measure/tiktoken-vocabulary.ts';

/** MaskBench's published rows for LLGuidance 1.8 (passing) and 0.7.10 (times, in microseconds). */
const PUBLISHED = { passing: 0.839, maskAverage: 64, maskP99: 533, compileP50: 1_037 };

interface Tally {
  schemas: number;
  passing: number;
  refused: number;
  wrongAccepts: string[];
  wrongRejects: string[];
  failures: string[];
  reasons: Map<string, number>;
  compileUs: number[];
  maskUs: number[];
  slow: [number, string][];
}

/**
 * MaskBench's protocol: compile each schema, then for every instance compute a mask before each token and see whether
 * the token is in it. `--data DIR` is the folder of its JSON files; `--every N` takes every N-th; `--suite DIR`
 * also runs a checkout of JSON-Schema-Test-Suite; `--verbose` lists what failed.
 */
export default async function bench(args: string[]): Promise<BenchResult> {
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const folder = option('--data');
  if (folder === undefined || !existsSync(folder)) {
    throw new FtsError('invalid-input', 'This benchmark needs MaskBench’s data.', {
      field: '--data',
      remedy: 'Clone github.com/guidance-ai/jsonschemabench and pass --data jsonschemabench/maskbench/data.',
    });
  }
  const tally = await measure(folder, Number(option('--every') ?? 1));
  const suite = option('--suite');
  const rows = [...rowsOf(tally), ...(suite === undefined ? [] : suiteRows(runSchemaSuite(suite)))];
  return { rows, notes: notesOf(tally, args.includes('--verbose')) };
}

async function measure(folder: string, every: number): Promise<Tally> {
  const { texts, encode } = tiktokenVocabulary();
  const tree = new VocabularyTree(texts);
  let workshop = newWorkshop();
  let masks = warmed(tree, workshop.lexer);
  const tally: Tally = {
    schemas: 0,
    passing: 0,
    refused: 0,
    wrongAccepts: [],
    wrongRejects: [],
    failures: [],
    reasons: new Map(),
    compileUs: [],
    maskUs: [],
    slow: [],
  };
  for (const { id, schema, tests } of maskBenchCases(folder, every)) {
    if (isWornOut(workshop)) {
      workshop = newWorkshop();
      masks = warmed(tree, workshop.lexer);
    }
    tally.schemas++;
    const started = performance.now();
    let machine: ReturnType<typeof compileSchema>;
    try {
      machine = compileSchema(schema, workshop);
    } catch (error) {
      if (!(error instanceof FtsError)) throw error;
      tally.refused++;
      const reason = error.message
        .replace(/ at (the root of the schema|its root|\/\S+)/, '')
        .replace(/"[^"]*"|\S*\/\S*/g, '…')
        .slice(0, 100);
      tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
      tally.slow.push([performance.now() - started, `${id} refused ${error.message.slice(0, 80)}`]);
      continue;
    }
    const ms = performance.now() - started;
    tally.compileUs.push(1000 * ms);
    tally.slow.push([ms, id]);
    try {
      const wrong = tests.map((test) =>
        run(new Matcher(machine, masks, (token) => texts[token]!), encode(test.text), tally) === test.valid
          ? undefined
          : test.valid,
      );
      if (wrong.includes(false)) tally.wrongAccepts.push(id);
      if (wrong.includes(true)) tally.wrongRejects.push(id);
      if (wrong.every((each) => each === undefined)) tally.passing++;
    } catch (error) {
      tally.failures.push(`${id}: ${FtsError.from(error).message}`);
    }
  }
  return tally;
}

/** The free string's masks are the vocabulary's, not a schema's: they are made when the vocabulary is loaded. */
function warmed(tree: VocabularyTree, lexer: ConstructorParameters<typeof TokenMasks>[1]): TokenMasks {
  const masks = new TokenMasks(tree, lexer);
  masks.warm();
  return masks;
}

function run(matcher: Matcher, tokens: readonly number[], tally: Tally): boolean {
  for (const token of tokens) {
    const started = performance.now();
    matcher.mask();
    const allowed = matcher.allows(token) && matcher.advance(token);
    tally.maskUs.push(1000 * (performance.now() - started));
    if (!allowed) return false;
  }
  return matcher.canEnd;
}

function rowsOf(tally: Tally): BenchRow[] {
  const share = (count: number): number => (100 * count) / tally.schemas;
  const row = (name: string, ours: number, unit: string, peer: number | null, higherIsBetter: boolean): BenchRow => ({
    case: name,
    ours,
    peer,
    peerName: 'LLGuidance, published',
    unit,
    ratio: peer === null ? null : ours / peer,
    higherIsBetter,
  });
  const { maskUs, compileUs } = tally;
  maskUs.sort((a, b) => a - b);
  compileUs.sort((a, b) => a - b);
  return [
    row('schemas that pass', share(tally.passing), '%', 100 * PUBLISHED.passing, true),
    row('schemas refused', share(tally.refused), '%', null, false),
    row('schemas that let an invalid instance through', tally.wrongAccepts.length, 'schemas', null, false),
    row('schemas that refuse a valid instance', tally.wrongRejects.length, 'schemas', null, false),
    row('mask, average', maskUs.reduce((sum, us) => sum + us, 0) / maskUs.length, 'µs', PUBLISHED.maskAverage, false),
    row('mask, p99', percentile(maskUs, 0.99), 'µs', PUBLISHED.maskP99, false),
    row('compile, p50', percentile(compileUs, 0.5), 'µs', PUBLISHED.compileP50, false),
    row('compile, p99', percentile(compileUs, 0.99), 'µs', null, false),
  ];
}

function suiteRows({ tests, passed, falseAccepts, falseRejects }: SuiteTally): BenchRow[] {
  const peerName = 'LLGuidance, published';
  const reason = `of ${tests} tests`;
  return [
    {
      case: 'JSON-Schema-Test-Suite 2020-12',
      ours: (100 * passed) / tests,
      peer: 49.2,
      peerName,
      unit: '%',
      ratio: passed / tests / 0.492,
      higherIsBetter: true,
    },
    {
      case: '  false accepts',
      ours: falseAccepts,
      peer: null,
      peerName,
      unit: 'tests',
      ratio: null,
      higherIsBetter: false,
      reason,
    },
    {
      case: '  false rejects',
      ours: falseRejects,
      peer: null,
      peerName,
      unit: 'tests',
      ratio: null,
      higherIsBetter: false,
      reason,
    },
  ];
}

function notesOf(tally: Tally, verbose: boolean): string[] {
  const notes = [
    `${tally.schemas} schemas, ${tally.maskUs.length} tokens of cl100k_base; LLGuidance's times are of Llama 3's vocabulary on other hardware.`,
  ];
  if (!verbose) return notes;
  const reasons = [...tally.reasons].sort((a, b) => b[1] - a[1]).slice(0, 60);
  tally.slow.sort((a, b) => b[0] - a[0]);
  return [
    ...notes,
    ...reasons.map(([reason, count]) => `refused ${count}: ${reason}`),
    ...tally.wrongAccepts.map((id) => `wrong accept: ${id}`),
    ...tally.wrongRejects.map((id) => `wrong reject: ${id}`),
    ...tally.failures.map((text) => `failed: ${text}`),
    ...tally.slow.slice(0, 15).map(([ms, id]) => `slow: ${ms.toFixed(1)} ms ${id}`),
    `mask p50 ${percentile(tally.maskUs, 0.5).toFixed(1)} p90 ${percentile(tally.maskUs, 0.9).toFixed(1)} p99.9 ${percentile(tally.maskUs, 0.999).toFixed(0)} max ${percentile(tally.maskUs, 1).toFixed(0)}`,
  ];
}
