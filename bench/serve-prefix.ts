// Eight requests that share a 1,024-token prefix, with the prefix tree and without it, in turn on two servers:
// npm run bench -- serve-prefix [--model 100M|1B] [--rounds 5] [--threads 2]

import { type RequestRecord, streamRequest } from '../src/benchmarking/streaming-client.ts';
import { distribution, median } from '../src/statistics/distribution.ts';
import { B1, M100 } from '../testing/models/random-gguf.ts';
import { randomModel } from '../testing/models/test-model.ts';
import type { Bench } from './bench.ts';
import { option, startOurs } from './support/servers.ts';

const PREFIX_TOKENS = 1024;
const OWN_TOKENS = 16;
const OUTPUT_TOKENS = 32;
const REQUESTS = 8;

const bench: Bench = async (args) => {
  const path = randomModel(option(args, 'model', '100M') === '1B' ? B1 : M100);
  const rounds = Number(option(args, 'rounds', '5'));
  const settings = {
    threads: Number(option(args, 'threads', '2')),
    maxRunning: REQUESTS,
    contextTokens: REQUESTS * (PREFIX_TOKENS + 128),
  };
  const sharing = await startOurs(path, settings);
  const reading = await startOurs(path, { ...settings, prefixCache: false });
  const measured = { sharing: [] as Figures[], reading: [] as Figures[] };
  for (let round = 0; round < rounds; round++) {
    await eight(sharing.url, round, 1);
    measured.sharing.push(await eight(sharing.url, round, REQUESTS));
    measured.reading.push(await eight(reading.url, round, REQUESTS));
  }
  await Promise.all([sharing.stop(), reading.stop()]);
  const row = (name: string, unit: string, higherIsBetter: boolean, read: (figures: Figures) => number) => {
    const ours = median(measured.sharing.map(read));
    const peer = median(measured.reading.map(read));
    return { case: name, ours, peer, peerName: 'without sharing', unit, ratio: ours / peer, higherIsBetter };
  };
  return {
    rows: [
      row('time to first token, p50 of 8', 'ms', false, (figures) => figures.ttftMs),
      row('output of all 8', 'tok/s', true, (figures) => figures.tokensPerSecond),
    ],
    notes: [
      `${REQUESTS} requests at once, ${PREFIX_TOKENS} tokens in common, ${OWN_TOKENS} of their own, ${OUTPUT_TOKENS} generated; the prefix was read once before. Targets: TTFT at most 0.1x, tok/s at least 1.5x.`,
    ],
  };
};

export default bench;

interface Figures {
  ttftMs: number;
  tokensPerSecond: number;
}

async function eight(url: string, round: number, requests: number): Promise<Figures> {
  const prefix = Array.from({ length: PREFIX_TOKENS }, (_, index) => 300 + ((index * 7919 + round * 104_729) % 20_000));
  const records = await Promise.all(
    Array.from({ length: requests }, (_, request): Promise<RequestRecord> => {
      const own = Array.from(
        { length: OWN_TOKENS },
        (_, index) => 300 + ((request * 613 + index * 31 + round) % 20_000),
      );
      const body = {
        model: 'model',
        prompt: [...prefix, ...own],
        max_tokens: OUTPUT_TOKENS,
        temperature: 0,
        ignore_eos: true,
      };
      return streamRequest({ url, api: 'completions', apiKey: undefined }, body, AbortSignal.timeout(120_000));
    }),
  );
  const failed = records.find((record) => record.error !== undefined);
  if (failed !== undefined) throw new Error(failed.error);
  const start = Math.min(...records.map((record) => record.startMs));
  const end = Math.max(...records.map((record) => record.endMs));
  const ttft = distribution(records.map((record) => record.chunkMs[0]! - record.startMs));
  return { ttftMs: ttft?.p50 ?? 0, tokensPerSecond: (requests * OUTPUT_TOKENS * 1000) / (end - start) };
}
