// Opens token shards and reads an epoch of batches; prints how many bytes of memory of its own that took.
import { readFileSync } from 'node:fs';
import { emptyBatch } from '../../src/training/data/batch.ts';
import { textBatches } from '../../src/training/data/text-batches.ts';
import { openTokenShards } from '../../src/training/data/token-shards.ts';

/** Memory that is not a view of a file, which the system can drop at any time. */
function ownBytes(): number {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1024;
}

const [folder, vocabSize] = process.argv.slice(2) as [string, string];
const before = ownBytes();
const tokens = await openTokenShards(folder, { vocabSize: Number(vocabSize) });
const source = textBatches(tokens, { batch: 64, length: 512, seed: 1 });
const batch = emptyBatch(source);
let most = 0;
let sum = 0;
for (let index = 0; index < source.batchesPerEpoch; index++) {
  source.fill(index, batch);
  sum += batch.tokens[0]!;
  if (index % 100 === 0) most = Math.max(most, ownBytes());
}
tokens.close();
process.stdout.write(JSON.stringify({ bytes: most - before, sum }));
