import type { Page } from '../page.ts';

export const inferencePipeline: Page = {
  name: 'inference-pipeline',
  title: 'From input to output: the inference pipeline',
  summary: 'Tokenize, forward, sample, decode, and why the KV cache makes it affordable.',
  body: `
![The inference pipeline](inference-pipeline)

- **Tokenize.** The text is split into tokens, pieces of words, each with a number.
- **Forward: prefill.** All tokens of the prompt go through the model at once. Every weight that is read serves many tokens, so this phase is limited by *arithmetic*. It ends with the first new token; the time until then is the TTFT.
- **Sample.** The model gives every token of its vocabulary a probability, and one token is drawn; *temperature* and *top-p* set how far the draw may stray from the most likely token.
- **Forward again, a token at a time.** Each new token goes through the model and produces the next. Each pass reads every weight once, so this phase is limited by *memory bandwidth*: tokens per second are at most bandwidth divided by the bytes of the model.
- **Decode.** The numbers are turned back into text, which is streamed as it is generated. (The whole token-by-token phase is also called decoding.)

## The KV cache

Attention lets each token look back at all earlier ones, through a *key* and a *value* that every layer has computed for each of them. Keys and values do not change later, so they are kept in the KV cache. Without it the whole text would have to be computed again for each new token: {{cache-saves-arithmetic}} the arithmetic for a completion as long as its prompt. Measured on this machine with a small model, the cache makes generation {{cache-speeds-up}} faster.

The price is memory: {{cache-8b-per-token}} per token for Llama 3.1 8B. With *grouped-query attention* several query heads share one key and value, so such models need a fraction of the cache of older ones. Calculators that ignore this are wrong by that factor.

## Batching

While a single conversation is answered, the arithmetic units mostly wait for weights. The same weights can serve other conversations in the same pass. **Continuous batching** lets each conversation join and leave the batch at any token. Eight at once produce {{batching-raises-throughput}} tokens per second than one after the other. *Paged* caches (vLLM's PagedAttention) allocate memory to each conversation as it grows, so that more of them fit.

**Speculative decoding** speeds up a single reader instead: several tokens are drafted cheaply, and one pass checks them all.
`,
};
