import type { Page } from '../page.ts';

export const edge: Page = {
  name: 'edge',
  title: 'Inference at the edge: device, edge, cloud',
  summary: 'Where to run a model, and the advantages and limits of each place.',
  body: `
![From device to cloud](edge-spectrum)

Inference needs so little hardware that it can run close to the users. Training does not: an 8 B model that a Mac mini can run takes {{trains-8b-devices}} to train. That is why the difference between the two matters at the edge.

- **Latency.** The answer is not delayed by {{round-trip}} of network round trip; a small model's first token arrives within {{ttft-interactive}}.
- **Privacy.** The text does not leave the site.
- **Cost.** A purchased machine costs only its power: {{cost-query-8b-edge}} a query for a small model on a Mac mini. A query to a large model on rented hardware costs {{cost-query-70b}}.
- **Independence.** It works without a network connection.

The price: less memory and bandwidth, so smaller models with fewer bits, and many sites to keep up to date.

| place | typical hardware | what it runs | when |
| --- | --- | --- | --- |
| device | phone, laptop, board | {{fits-3.8b-phone}} | private, offline, personal |
| edge | Mac mini, one GPU, or a server {{fits-8b-cpu}} | {{fits-8b-mac-mini}}; more with a GPU | many users nearby, low latency |
| cloud | linked data-center GPUs | the largest models, in 16 bits or FP8 | hardest tasks, training |

A good system uses all three: the device answers what it can, the edge most of the rest, the cloud the remainder. \`fts plan\` compares machines, \`fts plan cost\` computes when a purchased one has paid off, and \`fts plan capacity --sites\` counts the machines that each site needs.
`,
};
