import type { Page } from '../page.ts';

export const inferenceVsTraining: Page = {
  name: 'inference-vs-training',
  title: 'Inference and training: two different jobs',
  summary: 'Which weights change, what is in memory, and why four bits are fine for one and not for the other.',
  body: `
A language model is a long list of numbers, its **weights**, and a fixed computation that combines them with a text. Text is split into **tokens**, pieces of words. The computation answers one question: given the tokens so far, how likely is each token to be the next? Running it once is a **forward pass**. Inference and training both do it. They differ in what happens afterwards.

**Inference** uses the weights. A forward pass over the text gives a probability for each possible next token, one is chosen and added to the text, and so on. The weights that change: {{weights-changed-by-inference}}. Memory holds only the weights and the **KV cache**, the intermediate results that the model keeps for the text so far.

**Training** makes the weights. The forward pass is the same, but on text whose next token is known. The **loss** measures how wrong the prediction was. A second pass, **backward**, follows the loss through every multiplication to compute, for each weight, how the loss changes if the weight changes a little. That is the weight's **gradient**. Then comes the **update**: every weight moves a small step against its gradient, \`w -= learning rate × gradient\`. The gradients are reset, and the next texts follow. After a single step {{weights-changed-by-training}} weights are different.

![One step of each](one-step)

## Side by side

A weight can be stored in more or fewer bits: FP32 takes thirty-two, FP16 and BF16 sixteen, INT8 eight, INT4 four.

| | inference | training |
| --- | --- | --- |
| passes | forward | forward, loss, backward, update |
| weights | read only | changed at every step |
| arithmetic for the same tokens | one unit | {{training-flops-ratio}} as much |
| in memory | weights, KV cache | weights, gradients, optimizer states, activations: {{training-memory-ratio}} as much and more |
| bytes per parameter | {{inference-bytes-int4}} (INT4) to {{inference-bytes-fp16}} (FP16) | {{training-bytes-per-parameter}} (AdamW, FP32), before activations |
| precision | INT4, INT8, FP16 | BF16 or FP32 |
| batch | one text, or all current requests, joined as they arrive | thousands of texts, summed over several passes |
| what matters | first token within {{ttft-interactive}}, then a steady pace | tokens per day, falling loss |
| duration | milliseconds to seconds | hours to {{training-months}} |
| cost | {{cost-query-70b}} a query, for as long as it is used | {{cost-train-frontier}}, once, for a frontier model |
| hardware | one GPU, a CPU, a Mac mini, an edge device, a phone | linked GPUs, H100s or A100s by the dozen |

## Where the factor of three comes from

In the forward pass, each weight takes part in one multiplication and one addition per token. In the backward pass it does so twice more: once to pass the gradient on to the layer below, once to compute its own gradient. That makes six operations compared with two. Attention, which this count omits, has the same ratio. Counting the multiplications in this program's own graphs gives {{training-flops-counted}}.

## What is in memory

*Inference*: the weights, and for every token of the text a key and a value in each layer: {{cache-8b-per-token}} for Llama 3.1 8B. Fewer bits per weight, several conversations in one batch, and drafting tokens ahead (*speculative decoding*) all make it cheaper.

*Training*: the weights; a gradient for each weight; and two running averages for each, from which the usual optimizer, AdamW, computes the size of the step. Together these take {{training-bytes-measured}} per parameter. Then come the **activations**: every intermediate result of the forward pass, because the backward pass needs it again. They grow with the number and length of the texts.

![Where the memory goes](memory-compared)

## Why four bits are fine for one and not for the other

A finished model is robust. Rounding each weight to one of sixteen levels changes every sum a little, some terms up and some down, and most of the errors cancel out. The rounded weight is only read, so the error does not grow.

Training adds up a great many tiny steps. A step smaller than the distance to the next level is rounded away, and so is the next one, so that nothing is learned, however many steps are made. Training therefore uses formats that can represent tiny values, BF16 or FP32, and often a full FP32 copy of the weights to add the steps to.

## In short

- *Which weights change?* In inference none. In training practically all, at every step.
- *What is in memory?* In inference the weights and the cache. In training the weights, a gradient and two averages for each, and the activations.
- *Why is INT4 fine for one and not for the other?* Rounding destroys a sum of tiny steps, but hardly changes a finished result.
`,
};
