import type { Page } from '../page.ts';

export const fineTuning: Page = {
  name: 'fine-tuning',
  title: 'Fine-tuning, LoRA and QLoRA',
  summary: 'Teach a finished model something new by training a sliver of it.',
  body: `
Fine-tuning continues training on examples of one's own. Done in full it needs all the memory of training. Usually it need not be.

**LoRA** freezes the model and adds to each matrix \`W\` a product of two narrow ones: \`W + B A\`. If \`W\` is thousands wide and the *rank*, the width between \`A\` and \`B\`, is sixteen, the addition has a tiny part of the weights: {{lora-share}} of the whole. Only these have gradients and optimizer states. A run on a small model here trains {{lora-trains-here}}. The idea rests on an observation: what a model has to change for a new task lies in few directions.

![A low-rank addition](lora)

- The result, the **adapter**, is a file of {{lora-adapter-size}}. Many can share one base in memory and be swapped from request to request.
- Or it is **merged**: \`W + B A\` is computed once, and serving costs nothing extra.
- **QLoRA** keeps the frozen base in four bits while the adapter trains in BF16: an 8 B model's base takes {{qlora-base-size}}, so that a single modest GPU suffices.

Fine-tune for form, tone, a narrow task, a vocabulary. For facts that change, put them into the prompt.
`,
};
