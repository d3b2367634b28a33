import type { Page } from '../page.ts';

export const edge: Page = {
  name: 'edge',
  title: 'Inference at the edge: device, edge, cloud',
  summary: 'Where to run a model, and what each place gives and takes.',
  body: `
![From device to cloud](edge-spectrum)

Inference is small enough to go where the users are. Training is not. That is why the difference between them matters at the edge.

- **Latency.** {{round-trip}} of network never happens; a small model's first token is there within {{ttft-interactive}}.
- **Privacy.** The text does not leave the place.
- **Cost.** A bought machine costs power only: {{cost-query-8b-edge}} a query for a small model on a Mac mini. A rented large one costs {{cost-query-70b}}.
- **Independence.** It works when the line does not.

The price: less memory, less bandwidth, so smaller models and fewer bits. And many places to keep up to date.

| place | typical hardware | what it runs | when |
| --- | --- | --- | --- |
| device | phone, laptop, board | a few billion parameters in INT4 | private, offline, personal |
| edge | Mac mini, one GPU near the users | eight to seventy billion in INT4 | many users, low latency |
| cloud | linked data-center GPUs | the largest, in 16 bits or FP8 | hardest tasks, training |

A good system uses all three: the device answers what it can, the edge most of the rest, the cloud the remainder. \`fts plan\` compares the machines, \`fts plan capacity --sites\` counts how many each site needs.
`,
};
