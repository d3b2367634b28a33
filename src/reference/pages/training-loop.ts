import type { Page } from '../page.ts';

export const trainingLoop: Page = {
  name: 'training-loop',
  title: 'The training loop',
  summary: 'Forward, loss, backward, update, again; what the learning rate does, shown by three runs.',
  body: `
Training repeats one step until the loss stops falling:

![The training loop](training-loop)

- **Forward.** A batch of texts goes through the model, which predicts each next token.
- **Loss.** How surprised the model was by the tokens that really came: the average of the negative logarithms of the probabilities it gave them. Zero would be never surprised.
- **Backward.** The chain rule of calculus, applied from the loss down to the first layer, gives the gradient of every weight.
- **Update.** \`w -= learning rate × gradient\`. AdamW first divides by a running size of each gradient, so that all weights move at a similar pace, and pulls unused weights slowly towards zero.
- **Reset.** Gradients are set to zero, and the next batch begins. One pass over all the data is an **epoch**.

A large batch gives a steadier gradient. Where it does not fit in memory, gradients are summed over several small ones before the update: **gradient accumulation** costs time, not memory.

## The learning rate

It is the one setting that ruins a run on its own. To show it, this program trains the same tiny model three times. With a rate a hundred times too small it has learned {{learning-rate-too-small}} by the same step. With one far too large each step overshoots, and the loss {{learning-rate-too-large}}. Hence the usual schedule: rise for a short *warm-up* while the first gradients are wild, then fall smoothly to the end.

![Three learning rates](learning-rates)

## Memory, and how to have less of it

AdamW in FP32 keeps {{training-bytes-per-parameter}} per parameter: four for the weight, four for its gradient, eight for two averages. Mixing BF16 with an FP32 copy comes to the same. For 70 billion parameters that is {{training-state-70b}} before any activation, or {{gpus-70b}} H100s. What helps:

- share out the states among the devices that work on different texts (*ZeRO*, in three stages: averages, gradients, weights);
- cut the matrices across linked devices (*tensor parallelism*), or give each some of the layers (*pipeline parallelism*);
- compute activations again in the backward pass instead of keeping them;
- use an optimizer with smaller states (eight-bit averages, one average instead of two);
- train only a small addition (see *fine-tuning*).

\`fts plan MODEL --purpose train\` does the sum for each of these.
`,
};
