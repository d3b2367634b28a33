import type { Page } from '../page.ts';

export const precision: Page = {
  name: 'precision',
  title: 'The precision bridge: train, quantize, deploy, serve',
  summary: 'Why training needs a wide number range and inference does not, and what quantization saves and costs.',
  body: `
![The precision bridge](precision-bridge)

A floating-point number has an **exponent**, which sets its range, and a **mantissa**, which sets its precision. Training needs range, because gradients are often tiny. FP16 has few exponent bits; its smallest positive number is {{fp16-smallest}}. A gradient of a hundred-millionth stored in FP16 becomes {{fp16-loses-gradient}}. BF16 has the exponent of FP32 and a short mantissa: the same gradient {{bf16-keeps-gradient}}, with less precision. Training tolerates imprecise gradients, but not lost ones.

Inference needs less of both, so weights are **quantized**: a group of weights shares one scale, and each weight is a small integer times that scale.

## What it saves

Four bits instead of thirty-two make a model {{int4-smaller-ideal}} smaller, without scales. With a scale and a zero point for each group of one hundred twenty-eight weights it is {{int4-smaller-group-128}} smaller; with a scale for each thirty-two, as in Q4_0, {{int4-smaller-group-32}}. A small model's file shrinks {{int4-file-smaller}}, because its vocabulary does not shrink. Because generation is limited by the bytes read, speed grows almost as much as size shrinks.

## What it costs

Perplexity, a measure of how badly the model predicts a test text, rises. Modern methods limit the increase to {{int4-perplexity}} for large models:

- **RTN** rounds each weight to the nearest level. It needs no data and loses the most quality.
- **GPTQ** rounds the columns of a matrix one after the other and adjusts the columns not yet rounded to compensate for the error, weighted by its effect on real inputs.
- **AWQ** finds the channels that matter most and scales them up before rounding, so that they lose the least precision.

GPTQ and AWQ need a **calibration set**: a few hundred sample texts that resemble the real use. Small models lose more quality than large ones.

## From training to serving

Train in BF16 or FP32 → quantize with GPTQ or AWQ → deploy INT4 or INT8 → serve, with this program, Ollama or vLLM. \`fts reference verify\` runs these steps {{bridge-runs}} with a small model.
`,
};
