import type { Page } from '../page.ts';

export const inferencePipeline: Page = {
  name: 'inference-pipeline',
  title: 'From input to output: the inference pipeline',
  summary: 'Tokenize, prefill, decode, sample, and why the KV cache makes it affordable.',
  body: `
![The inference pipeline](inference-pipeline)

- **Tokenize.** The text is cut into tokens, pieces of words, each with a number.
- **Prefill.** All tokens of the prompt go through the model at once. There is much arithmetic per weight read, so this phase is limited by *arithmetic*. It ends with the first new token: the time until then is the TTFT.
- **Sample.** The model gives a probability for every token of its vocabulary; temperature and top-p decide how freely one is drawn.
- **Decode.** The new token goes in, the next comes out, one at a time. Every token needs every weight once, so this phase is limited by *memory bandwidth*: tokens per second are at most bandwidth divided by the bytes of the model.
- **Detokenize.** Numbers become text again and are streamed as they come.

## The KV cache

Attention lets each token look back at all earlier ones, through a *key* and a *value* computed for each of them in every layer. They do not change later, so they are kept. Without them each new token would have to read the whole text again: {{cache-saves-arithmetic}} the arithmetic for a completion as long as its prompt. Measured here on a small model, the cache makes generation {{cache-speeds-up}} faster.

The price is memory: {{cache-8b-per-token}} per token for Llama 3.1 8B. Models with *grouped-query attention* share keys and values among query heads and need a fraction of what older ones do. Calculators that forget this are wrong by that fraction.

## Batching

While one conversation is decoded, the arithmetic units are mostly idle: they wait for weights. The weights that were read can serve other conversations in the same pass. **Continuous batching** lets each join and leave the batch at any token. Eight at once bring {{batching-raises-throughput}} tokens per second than one after the other. *Paged* caches (vLLM's PagedAttention) give each conversation only the memory it has filled, so that more of them fit.

**Speculative decoding** goes the other way: a cheap guess of several tokens is checked in one pass, for a single reader's speed.
`,
};
