import type { Page } from '../page.ts';

export const edge: Page = {
  name: 'edge',
  title: 'Inference at the edge: device, edge, cloud',
  summary: 'Where to run a model, and what each place gives and takes.',
  body: `
![From device to cloud](edge-spectrum)

Inference is small enough to go where the users are. Training is not: an 8 B model that a Mac mini can run takes {{trains-8b-devices}} to train. That is why the difference between the two matters at the edge.

- **Latency.** {{round-trip}} of network never happens; a small model's first token is there within {{ttft-interactive}}.
- **Privacy.** The text does not leave the place.
- **Cost.** A bought machine costs power only: {{cost-query-8b-edge}} a query for a small model on a Mac mini. A rented large one costs {{cost-query-70b}}.
- **Independence.** It works when the line does not.

The price: less memory and bandwidth, so smaller models and fewer bits. And many places to keep up to date.

| place | typical hardware | what it runs | when |
| --- | --- | --- | --- |
| device | phone, laptop, board | {{fits-3.8b-phone}} | private, offline, personal |
| edge | Mac mini, one GPU, or a server {{fits-8b-cpu}} | {{fits-8b-mac-mini}}; more with a GPU | many users nearby, low latency |
| cloud | linked data-center GPUs | the largest, in 16 bits or FP8 | hardest tasks, training |

A good system uses all three: the device answers what it can, the edge most of the rest, the cloud the remainder. \`fts plan\` compares the machines, \`fts plan cost\` tells when a bought one has paid off, \`fts plan capacity --sites\` counts how many each site needs.
`,
};
