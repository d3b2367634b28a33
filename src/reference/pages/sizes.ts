import type { Page } from '../page.ts';

export const sizes: Page = {
  name: 'sizes',
  title: 'How big models are, and what holds them',
  summary: 'Gigabytes by parameters and precision, the training state of 70 B, and which hardware fits.',
  body: `
Bytes = parameters × bits / eight, plus scales, plus the tensors that stay finer (embedding, head).

| parameters | FP16 | INT4 (GGUF, with scales) |
| --- | --- | --- |
| 3.8 B | {{size-3.8b-fp16}} | {{size-3.8b-int4}} |
| 8 B | {{size-8b-fp16}} | {{size-8b-int4}} |
| 70 B | {{size-70b-fp16}} | {{size-70b-int4-scaled}} |
| 405 B | {{size-405b-fp16}} | {{size-405b-int4}} |

The same 70 B as numbers people quote: {{size-70b-fp32}} in FP32; {{size-70b-int4}} in INT4 before scales; and, to *train* it, {{training-state-70b}} of weights, gradients and optimizer states, which is {{gpus-70b}} H100s of eighty gigabytes. In INT4 {{size-70b-one-gpu-spare}} holds it, and so does one M4 Max with its largest memory, {{size-70b-m4-max-spare}}. That gap between making and using is the reason this program treats the two as different jobs.

Add the cache: {{cache-8b-per-token}} per token and conversation for Llama 3.1 8B. Long contexts and many users can outweigh the model.

## What it costs

- Training once: {{cost-train-frontier}} for frontier models.
- A query: {{cost-query-70b}} on a rented large model; small models and owned machines are below that.

\`fts plan MODEL\` does this sum for any model and every machine of the catalogue.
`,
};
