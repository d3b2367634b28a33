import type { Page } from '../page.ts';

export const metrics: Page = {
  name: 'metrics',
  title: 'Metrics: tok/s, TTFT, QPS',
  summary: 'What the figures mean, which limit each runs into, and what good ones are.',
  body: `
| metric | what it is | limited by |
| --- | --- | --- |
| **TTFT**, time to first token | from sending the request to the first token: waiting, then prefill | arithmetic; load |
| **TPOT** or ITL, time per output token | between tokens after the first | memory bandwidth; batch |
| **tok/s** | tokens per second: of one reader, or of all together. Say which | bandwidth, then arithmetic |
| **QPS** | finished queries per second | all of the above |
| **goodput** | queries per second that met their targets | the weakest of them |
| **E2E** | from request to last token | TTFT + tokens × TPOT |

In a conversation the first token should come within {{ttft-interactive}}, and the rest at least as fast as one reads. A small model on this machine does that easily.

## One reader, many readers

Llama 3.1 8B in 16 bits on one H100 gives a single reader {{speed-8b-h100-alone}}: each token needs all weights read once, and bandwidth divided by bytes is all there is. The often quoted {{speed-8b-h100-batched}} is the sum over a batch of readers. On an M4 Max the same model in INT4 writes {{speed-8b-m4-max}}, {{speed-8b-m4-max-roofline-share}} of what its bandwidth would allow; unpacking, cache and sampling take the rest.

A larger batch raises QPS until arithmetic becomes the limit, and slows each reader down on the way. Continuous batching and paged caches (vLLM, TGI, this program) move that point outwards; a latency target decides where on the curve to stop. \`fts plan capacity\` finds that place by simulation.
`,
};
