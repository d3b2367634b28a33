import type { Page } from '../page.ts';

export const inferencePipeline: Page = {
  name: 'inference-pipeline',
  title: 'From input to output: the inference pipeline',
  summary: 'Tokenize, forward, sample, decode, and why the KV cache makes it affordable.',
  body: `
![The inference pipeline](inference-pipeline)

- **Tokenize.** The text is cut into tokens, pieces of words, each with a number.
- **Forward: prefill.** All tokens of the prompt go through the model at once. Every weight that is read serves many tokens, so this phase is limited by *arithmetic*. It ends with the first new token; the time until then is the TTFT.
- **Sample.** The model has rated every token of its vocabulary; *temperature* and *top-p* decide how freely one is drawn.
- **Forward again, a token at a time.** The new token goes in, the next comes out. Each needs every weight once, so this phase is limited by *memory bandwidth*: tokens per second are at most bandwidth divided by the bytes of the model.
- **Decode.** Numbers become text again and are streamed as they come. (People also call the whole second phase decoding.)

## The KV cache

Attention lets each token look back at all earlier ones, through a *key* and a *value* that every layer computed for them. These do not change later, so they are kept. Without them each new token would have to read the whole text again: {{cache-saves-arithmetic}} the arithmetic for a completion as long as its prompt. Measured here on a small model, the cache makes generation {{cache-speeds-up}} faster.

The price is memory: {{cache-8b-per-token}} per token for Llama 3.1 8B. With *grouped-query attention* several query heads share one key and value, so such models need a fraction of what older ones do. Calculators that forget this are wrong by that fraction.

## Batching

While one conversation is answered, the arithmetic units mostly wait for weights. Weights that were read can serve other conversations in the same pass. **Continuous batching** lets each join and leave the batch at any token. Eight at once bring {{batching-raises-throughput}} tokens per second than one after the other. *Paged* caches (vLLM's PagedAttention) give each conversation only the memory that it has filled, so that more of them fit.

**Speculative decoding** works for a single reader's speed instead: several tokens are guessed cheaply, and one pass checks them all.
`,
};
