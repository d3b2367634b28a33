import type { Page } from '../page.ts';

export const trainingLoop: Page = {
  name: 'training-loop',
  title: 'The training loop',
  summary: 'Forward, loss, backward, update, again; what the learning rate does, shown by three runs.',
  body: `
Training repeats one step until the loss stops falling:

![The training loop](training-loop)

- **Forward.** A batch of texts goes through the model, which predicts each next token.
- **Loss.** How surprised the model was by the tokens that really came: the average of the negative logarithms of their probabilities.
- **Backward.** The chain rule, from the loss down to the first layer, gives the gradient of every weight.
- **Update.** \`weight -= learning rate × gradient\`; AdamW divides by a running size of each gradient, so that all weights move at a similar pace, and lets unused weights decay.
- **Reset.** Gradients are set to zero, and the next batch begins. One pass over all the data is an **epoch**.

Where a large batch does not fit, its gradients are summed over several small ones before the update: **gradient accumulation** costs time, not memory.

## The learning rate

It is the one setting that ruins a run on its own. This program trains the same tiny model three times to show it. With a rate a hundred times too small it has learned {{learning-rate-too-small}} by the same step. With one far too large each step overshoots, and the loss {{learning-rate-too-large}}. Hence the usual schedule: rise for a short *warm-up* while the first gradients are wild, then fall smoothly to the end.

![Three learning rates](learning-rates)

## Memory, and how to have less of it

Per parameter AdamW in FP32 keeps {{training-bytes-per-parameter}}: for 70 billion parameters {{training-state-70b}}, before any activation. That is {{gpus-70b}} H100s. What helps: spread the states over the devices that share the work (ZeRO), split the matrices between linked devices (tensor parallelism), recompute activations instead of keeping them, or train only an adapter (see *fine-tuning*).
`,
};
