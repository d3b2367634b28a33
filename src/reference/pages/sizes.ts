import type { Page } from '../page.ts';

export const sizes: Page = {
  name: 'sizes',
  title: 'How big models are, and which hardware holds them',
  summary: 'Gigabytes by parameters and precision, the training state of a 70 B model, and the hardware that fits.',
  body: `
Bytes = parameters × bits / eight, plus scales, plus the tensors that stay in higher precision (embedding, output head).

| parameters | FP16 | INT4 (GGUF, with scales) |
| --- | --- | --- |
| 3.8 B | {{size-3.8b-fp16}} | {{size-3.8b-int4}} |
| 8 B | {{size-8b-fp16}} | {{size-8b-int4}} |
| 70 B | {{size-70b-fp16}} | {{size-70b-int4-scaled}} |
| 405 B | {{size-405b-fp16}} | {{size-405b-int4}} |

Often quoted numbers for the same 70 B model: {{size-70b-fp32}} in FP32; {{size-70b-int4}} in INT4 without scales; and, to *train* it, {{training-state-70b}} of weights, gradients and optimizer states, which takes {{gpus-70b}} H100s of eighty gigabytes. In INT4 {{size-70b-one-gpu-spare}} holds it, and so does one M4 Max with its largest memory, {{size-70b-m4-max-spare}}. Because training and inference need such different hardware, this program treats them as different jobs.

Add the KV cache: {{cache-8b-per-token}} per token and conversation for Llama 3.1 8B. With long contexts and many users, the cache can be larger than the model.

## What it costs

- Training once: {{cost-train-frontier}} for frontier models.
- A query: {{cost-query-70b}} for a large model on rented hardware; small models and owned machines cost less.

\`fts plan MODEL\` computes this for any model and every machine of the catalogue.
`,
};
