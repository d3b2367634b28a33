// Every operation of the catalogue against Prism serving the OpenAPI documents that it was made from:
//   npm run bench -- akamai-contract [--documents FOLDER] [API ...]
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../src/akamai/catalogue/catalogue.ts';
import { CallValidator } from '../src/akamai/catalogue/validate-call.ts';
import { checkContract } from '../testing/akamai-contract.ts';
import type { BenchResult, BenchRow } from './bench.ts';

export default async function akamaiContract(args: string[]): Promise<BenchResult> {
  const option = args.indexOf('--documents');
  const folder = option < 0 ? join(import.meta.dirname, '../../shared/akamai-openapi/specs') : args[option + 1]!;
  const chosen = args.filter((arg, index) => !arg.startsWith('--') && (option < 0 || index !== option + 1));
  const catalogue = Catalogue.load();
  const validator = new CallValidator(catalogue);
  const rows: BenchRow[] = [];
  const notes: string[] = [];
  const totals = { reads: [0, 0], plans: [0, 0], mock: [0, 0], broken: [0, 0] } as Record<string, [number, number]>;
  const row = (name: string, ours: number, all: number): BenchRow => ({
    case: name,
    ours,
    peer: all,
    peerName: 'documented operations',
    unit: 'operations',
    ratio: all === 0 ? null : ours / all,
    higherIsBetter: true,
    ...(all === 0 ? { reason: 'none documented' } : {}),
  });
  for (const { id } of catalogue.apis) {
    if (chosen.length > 0 && !chosen.includes(id)) continue;
    const file = join(folder, `${id}.json`);
    if (!existsSync(file)) {
      notes.push(`${id}: no document in ${folder}`);
      continue;
    }
    const contract = await checkContract(id, JSON.parse(readFileSync(file, 'utf8')), catalogue, validator);
    const figures: Record<string, [number, number]> = {
      reads: [contract.answered, contract.reads],
      plans: [contract.validAccepted, contract.writes],
      mock: [contract.mockAccepted, contract.writes],
      broken: [contract.brokenRefused, contract.breakable],
    };
    for (const [name, [ours, all]] of Object.entries(figures)) {
      totals[name]![0] += ours;
      totals[name]![1] += all;
    }
    rows.push(row(`${id}: reads answered`, ...figures.reads!));
    rows.push(row(`${id}: valid bodies accepted`, ...figures.plans!));
    rows.push(row(`${id}: broken bodies refused`, ...figures.broken!));
    notes.push(...contract.failures.map((failure) => `${id}: ${failure}`));
  }
  rows.push(row('all: reads answered', ...totals.reads!));
  rows.push(row('all: valid bodies accepted by our validation', ...totals.plans!));
  rows.push(row('all: valid bodies accepted by Prism as well', ...totals.mock!));
  rows.push(row('all: broken bodies refused', ...totals.broken!));
  return { rows, notes };
}
