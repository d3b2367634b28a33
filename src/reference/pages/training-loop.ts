import type { Page } from '../page.ts';

export const trainingLoop: Page = {
  name: 'training-loop',
  title: 'The training loop',
  summary:
    'The repeated steps forward, loss, backward and update, and the effect of the learning rate, shown by three runs.',
  body: `
Training repeats one step until the loss stops falling:

![The training loop](training-loop)

- **Forward.** A batch of texts goes through the model, which predicts each next token.
- **Loss.** The average of the negative logarithms of the probabilities that the model gave to the actual next tokens. A model that always predicts the next token with certainty has a loss of zero.
- **Backward.** The chain rule of calculus, applied from the loss back to the first layer, gives the gradient of every weight.
- **Update.** \`w -= learning rate × gradient\`. AdamW first divides each gradient by a running average of its size, so that all weights move at a similar pace, and pulls all weights slowly towards zero (weight decay).
- **Reset.** Gradients are set to zero, and the next batch begins. One pass over all the data is an **epoch**.

A large batch gives a steadier gradient. If it does not fit in memory, gradients are summed over several small batches before the update: **gradient accumulation** costs time, not memory.

## The learning rate

A wrong learning rate alone can ruin a run. To show it, this program trains the same tiny model three times. With a rate a hundred times too small, the model has learned {{learning-rate-too-small}} after the same number of steps. With a rate far too large, each step overshoots, and the loss {{learning-rate-too-large}}. Hence the usual schedule: the rate rises during a short *warm-up*, while gradients vary strongly, and then falls smoothly to the end.

![Three learning rates](learning-rates)

## Memory, and how to use less of it

AdamW in FP32 keeps {{training-bytes-per-parameter}} per parameter: four for the weight, four for its gradient, eight for two averages. BF16 with an FP32 copy takes the same amount. For 70 billion parameters that is {{training-state-70b}} without activations, or {{gpus-70b}} H100s. Ways to use less memory per device:

- distribute the states over the devices that process different texts (*ZeRO*, in three stages: averages, gradients, weights);
- split the matrices across linked devices (*tensor parallelism*), or give each device some of the layers (*pipeline parallelism*);
- recompute activations in the backward pass instead of keeping them;
- use an optimizer with smaller states (eight-bit averages, one average instead of two);
- train only a small addition (see *fine-tuning*).

\`fts plan MODEL --purpose train\` computes the memory for each of these.
`,
};
