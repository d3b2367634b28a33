import type { Page } from '../page.ts';

export const precision: Page = {
  name: 'precision',
  title: 'The precision bridge: train, quantize, deploy, serve',
  summary: 'Why training needs range and inference does not, and what quantization saves and costs.',
  body: `
![The precision bridge](precision-bridge)

A floating-point number has an **exponent**, which sets how large or small it can be, and a **mantissa**, which sets how finely. Training needs the first: gradients are often tiny. FP16 has few exponent bits; its smallest number is {{fp16-smallest}}. Store a gradient of a hundred-millionth in it and you get {{fp16-loses-gradient}}. BF16 has the exponent of FP32 and a short mantissa: the same gradient {{bf16-keeps-gradient}}, coarsely. Coarse is fine, gone is not.

Inference needs neither as much, so weights are **quantized**: a group of them shares one scale, and each is a small whole number times that scale.

## What it saves

Four bits instead of thirty-two: {{int4-smaller-ideal}} smaller, before scales. With a scale and a zero point for each group of one hundred twenty-eight it is {{int4-smaller-group-128}}; with a scale for each thirty-two, as in Q4_0, {{int4-smaller-group-32}}. A small model's file shrinks {{int4-file-smaller}}, since its vocabulary stays as it is. Because generation is limited by the bytes read, speed grows almost as much as size shrinks.

## What it costs

Perplexity, the model's surprise at a test text, rises. Modern methods keep that to {{int4-perplexity}} for large models:

- **RTN** rounds each weight to the nearest level. It needs no data, and loses most.
- **GPTQ** rounds one column of weights after the other and lets those still to come make up for the error, as far as real inputs show that it matters.
- **AWQ** looks for the channels that matter most and scales them up before rounding, so that they lose least.

Both of the latter need a few hundred sample texts, a **calibration set** like the real use. Small models suffer more than large ones.

## The way

Train in BF16 or FP32 → quantize with GPTQ or AWQ → deploy INT4 or INT8 → serve, with this program, Ollama or vLLM. \`fts reference verify\` goes that way {{bridge-runs}} with a small model.
`,
};
