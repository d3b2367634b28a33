import type { Page } from '../page.ts';

export const fineTuning: Page = {
  name: 'fine-tuning',
  title: 'Fine-tuning, LoRA and QLoRA',
  summary: 'Teach a finished model something new by training a small fraction of its weights.',
  body: `
Fine-tuning continues the training of a model on your own examples. Full fine-tuning needs all the memory of training, but usually a small part of the weights is enough.

**LoRA** freezes the model and adds to each matrix \`W\` a product of two narrow matrices: \`W + B A\`. If \`W\` is thousands wide and the *rank*, the width between \`A\` and \`B\`, is sixteen, the product has few weights: {{lora-share}} of the model's. Only these have gradients and optimizer states. A run with a small model on this machine trains {{lora-trains-here}}. LoRA works because the change that a new task requires has low rank: it lies in few directions.

![A low-rank addition](lora)

- The result, the **adapter**, is a file of {{lora-adapter-size}}. Many adapters can share one base model in memory and be swapped from request to request.
- Or the adapter is **merged**: \`W + B A\` is computed once, and serving costs nothing extra.
- **QLoRA** keeps the frozen base in four bits while the adapter trains in BF16: the base of an 8 B model takes {{qlora-base-size}}, so a single modest GPU is enough.

Fine-tune for form, tone, a narrow task or a vocabulary. Put facts that change into the prompt instead.
`,
};
