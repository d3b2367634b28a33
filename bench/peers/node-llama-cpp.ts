// node-llama-cpp's own batching, without HTTP: tsx node-llama-cpp.ts FOLDER GGUF THREADS SEQUENCES CONTEXT, where FOLDER is
// one in which the package is installed. Each line of standard input is {"requests": {"prompt": number[],
// "outputTokens": n}[], "concurrency": n}; the answer is one line with the output tokens per second.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: number[], options: object): AsyncGenerator<number>;
}

interface NodeLlamaCpp {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>;
    }>;
  }>;
}

interface Work {
  requests: { prompt: number[]; outputTokens: number }[];
  concurrency: number;
}

const [folder = '', modelPath, threads, sequences, contextSize] = process.argv.slice(2);
const entry = join(folder, 'node_modules/node-llama-cpp/dist/index.js');
const { getLlama } = (await import(pathToFileURL(entry).href)) as NodeLlamaCpp;
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: Number(threads), logLevel: 'error' });
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
const context = await model.createContext({
  sequences: Number(sequences),
  contextSize: Number(contextSize),
  threads: Number(threads),
});
const places = Array.from({ length: Number(sequences) }, () => context.getSequence());
console.log('ready');

for await (const line of createInterface({ input: process.stdin })) {
  const { requests, concurrency } = JSON.parse(line) as Work;
  const startMs = performance.now();
  const waiting = requests.values();
  await Promise.all(
    places.slice(0, concurrency).map(async (place) => {
      for (const { prompt, outputTokens } of waiting) {
        await place.clearHistory();
        let left = outputTokens;
        for await (const _token of place.evaluate(prompt, { temperature: 0, yieldEogToken: true }))
          if (--left === 0) break;
      }
    }),
  );
  const written = requests.reduce((tokens, { outputTokens }) => tokens + outputTokens, 0);
  console.log((written * 1000) / (performance.now() - startMs));
}
process.exit(0);
