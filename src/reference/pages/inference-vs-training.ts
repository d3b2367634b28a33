import type { Page } from '../page.ts';

export const inferenceVsTraining: Page = {
  name: 'inference-vs-training',
  title: 'Inference and training: two different jobs',
  summary: 'Which weights change, what is in memory, and why four bits are fine for one and not for the other.',
  body: `
A language model is a long list of numbers, its **weights**, and a fixed recipe for multiplying them with a text. Both jobs follow that recipe. They differ in what happens afterwards.

**Inference** uses the weights. A text goes in, one *forward pass* computes how likely each possible next token is, one token is chosen, and the same begins again. The weights that change: {{weights-changed-by-inference}}. Nothing needs to be remembered but the weights themselves and the *KV cache*, the notes the model keeps about the text so far.

**Training** makes the weights. The forward pass is the same, but its result is compared with the token that really came next. The difference, the **loss**, is then followed backwards through every multiplication to find out, for each weight, whether a little more or a little less of it would have helped. That answer is the weight's **gradient**. Then every weight moves a small step against its gradient. After one step {{weights-changed-by-training}} weights are different.

![One step of each](one-step)

## Side by side

| | inference | training |
| --- | --- | --- |
| passes | forward | forward, loss, backward, update |
| weights | read only | rewritten at every step |
| arithmetic for the same tokens | one part | {{training-flops-ratio}} as much |
| memory besides weights | KV cache | gradients, optimizer states, activations: {{training-memory-ratio}} as much in all |
| bytes per parameter | {{inference-bytes-int4}} (INT4) to {{inference-bytes-fp16}} (FP16) | {{training-bytes-per-parameter}} (AdamW, FP32) |
| precision | INT4, INT8, FP16 | BF16 or FP32 |
| batch | one, or what arrives, batched continuously | as many as fit, gradients summed over several |
| what matters | first token within {{ttft-interactive}}, steady pace | tokens per day, loss |
| duration | milliseconds to seconds | hours to months |
| cost | {{cost-query-70b}} a query, for as long as it is used | {{cost-train-frontier}} once for a frontier model |
| hardware | one GPU, a Mac, a CPU, a phone | many linked GPUs |

## Where the factor of three comes from

Going forward, each weight is used in one multiplication and one addition per token. Going backward it is used twice more: once to pass the blame on to the layer below, once to compute its own gradient. Two plus four makes six operations per weight and token, against two. That rule leaves out attention, which behaves alike. Counting the multiplications in this program's own graphs gives {{training-flops-counted}}.

## What is in memory

*Inference*: the weights and, per token of context, a key and a value for each layer: {{cache-8b-per-token}} for Llama 3.1 8B. That is all.

*Training*: the weights; a gradient for each; two running averages for each, which AdamW uses to choose the length of its step. Together {{training-bytes-measured}} per parameter. And the **activations**: every intermediate result of the forward pass, because the backward pass needs them again. They grow with the batch and the length of the text, not with the number of weights alone, and can be traded for time by computing them a second time.

![Where the memory goes](memory-compared)

## Why four bits are fine for one and not for the other

A finished model is robust: rounding each weight to one of sixteen levels disturbs every product a little, and the disturbances mostly cancel. The rounded model is read, never written, so the error stays what it is.

Training adds up very many very small steps. If a step is smaller than the distance between two levels, rounding throws it away, every time, and the model stops learning. So training keeps numbers whose range reaches down to tiny gradients, BF16 or FP32, and often a full-precision copy of the weights to add the steps to.

## Remember

- Inference reads weights, training rewrites them.
- Inference holds weights and cache; training holds those weights, their gradients, two averages of each, and the activations.
- Rounding hurts a sum of tiny steps, not a finished result.
`,
};
