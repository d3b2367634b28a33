import type { Page } from '../page.ts';

export const metrics: Page = {
  name: 'metrics',
  title: 'Metrics: tok/s, TTFT, QPS',
  summary: 'What each metric means, what limits it, and which values are good.',
  body: `
| metric | what it is | limited by |
| --- | --- | --- |
| **TTFT**, time to first token | from sending the request to the first token: waiting, then prefill | arithmetic; load |
| **TPOT** or ITL, time per output token | average time between tokens after the first | memory bandwidth; batch |
| **tok/s** | tokens per second, for one reader or for all together (always say which) | bandwidth, then arithmetic |
| **QPS** | finished queries per second | all of the above |
| **goodput** | queries per second that met their targets | the weakest of them |
| **E2E** | from request to last token | TTFT + tokens × TPOT |

In a conversation the first token should arrive within {{ttft-interactive}}, and the rest at least at reading speed. A small model on this machine does that easily.

## One reader, many readers

Llama 3.1 8B in 16 bits on one H100 gives a single reader {{speed-8b-h100-alone}}: each token requires reading all weights once, so the limit is bandwidth divided by the bytes of the model. The often quoted {{speed-8b-h100-batched}} is the sum over a batch of readers. On an M4 Max the same model in INT4 generates {{speed-8b-m4-max}}, {{speed-8b-m4-max-roofline-share}} of the limit set by its bandwidth; unpacking the weights, the cache and sampling take the rest.

A larger batch raises QPS until arithmetic becomes the limit, but slows each reader down. Continuous batching and paged caches (vLLM, TGI, this program) allow larger batches; a latency target decides how large the batch may get. \`fts plan capacity\` finds that size by simulation.
`,
};
