// npm run bench -- NAME [--peer PATH] [--json] [...]: runs bench/NAME.ts, prints its table and writes bench/results/NAME.json.
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeFileAtomic } from '../src/store/atomic-file.ts';
import type { Bench, BenchRow } from './bench.ts';

const notBenches = new Set(['run.ts', 'bench.ts']);
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !notBenches.has(file))
  .map((file) => basename(file, '.ts'));

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !existsSync(join(import.meta.dirname, `${name}.ts`)) || !names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [--json] [...]\nNAME is one of: ${names.join(', ')}`);
  process.exit(2);
}

const { default: bench } = (await import(pathToFileURL(join(import.meta.dirname, `${name}.ts`)).href)) as {
  default: Bench;
};
const json = args.includes('--json');
const { rows, notes = [] } = await bench(args.filter((arg) => arg !== '--json'));
const record = {
  name,
  date: new Date().toISOString(),
  machine: `${cpus()[0]?.model.trim() ?? 'unknown'} x ${cpus().length}, Node ${process.version}, ${process.platform} ${process.arch}`,
  rows,
  notes,
};
await writeFileAtomic(join(import.meta.dirname, 'results', `${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
if (json) console.log(JSON.stringify(record, null, 2));
else print(rows, notes);
process.exit(0);

function print(shown: readonly BenchRow[], remarks: readonly string[]): void {
  console.log(record.machine);
  const figure = (value: number | null): string =>
    value === null ? '-' : Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 4 });
  const lines = shown.map((row) => [
    row.case,
    figure(row.ours),
    figure(row.peer),
    row.unit,
    row.ratio === null
      ? (row.reason ?? '-')
      : `${row.ratio.toFixed(2)}x ${row.higherIsBetter ? '(higher is better)' : '(lower is better)'}`,
    row.peerName,
  ]);
  const table = [['case', 'ours', 'peer', 'unit', 'ratio', 'peer is'], ...lines];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  for (const line of table)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  for (const remark of remarks) console.log(remark);
}
