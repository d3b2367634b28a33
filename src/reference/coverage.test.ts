import { describe, expect, it } from 'vitest';
import { claims } from './claims.ts';
import { findPage, pages } from './page-index.ts';
import { claimsOf } from './render-page.ts';

/**
 * The points that the pages must cover: the page of each, words that it must contain (for definitions), and the ids of
 * the claims that `verify` checks for it.
 */
const points: { point: number; about: string; page: string; words?: RegExp; rows: string[] }[] = [
  {
    point: 1,
    about: 'inference: frozen weights, one forward pass, weights and KV cache',
    page: 'inference-vs-training',
    words: /speculative decoding/,
    rows: ['weights-changed-by-inference', 'cache-8b-per-token'],
  },
  {
    point: 2,
    about: 'training: forward, loss, backward, update, reset, epoch',
    page: 'training-loop',
    words: /w -= learning rate × gradient.*Reset.*epoch/s,
    rows: [],
  },
  {
    point: 2,
    about: 'a step changes the weights',
    page: 'inference-vs-training',
    rows: ['weights-changed-by-training'],
  },
  { point: 3, about: 'memory of training', page: 'inference-vs-training', rows: ['training-memory-ratio'] },
  {
    point: 4,
    about: 'learning rate too large, too small',
    page: 'training-loop',
    words: /\(learning-rates\)/,
    rows: ['learning-rate-too-small', 'learning-rate-too-large'],
  },
  {
    point: 5,
    about: 'the pipeline and its cache',
    page: 'inference-pipeline',
    words: /\(inference-pipeline\).*Tokenize.*Forward.*Sample.*Decode/s,
    rows: ['cache-saves-arithmetic', 'cache-speeds-up'],
  },
  {
    point: 6,
    about: 'three times the arithmetic',
    page: 'inference-vs-training',
    rows: ['training-flops-ratio', 'training-flops-counted'],
  },
  {
    point: 7,
    about: 'bytes per parameter',
    page: 'inference-vs-training',
    rows: ['training-bytes-per-parameter', 'training-bytes-measured', 'inference-bytes-int4', 'inference-bytes-fp16'],
  },
  {
    point: 8,
    about: 'exponent against mantissa',
    page: 'precision',
    words: /exponent.*mantissa/s,
    rows: ['fp16-smallest', 'fp16-loses-gradient', 'bf16-keeps-gradient'],
  },
  {
    point: 9,
    about: 'hardware of both',
    page: 'edge',
    words: /phone.*Mac mini.*linked data-center GPUs/s,
    rows: ['fits-3.8b-phone', 'fits-8b-mac-mini', 'fits-8b-cpu', 'trains-8b-devices'],
  },
  {
    point: 10,
    about: 'batches, accumulation, continuous batching',
    page: 'inference-pipeline',
    words: /Continuous batching/,
    rows: ['batching-raises-throughput'],
  },
  { point: 10, about: 'gradient accumulation', page: 'training-loop', words: /gradient accumulation/, rows: [] },
  {
    point: 11,
    about: 'latency and duration',
    page: 'inference-vs-training',
    words: /milliseconds to seconds \| hours to/,
    rows: ['ttft-interactive', 'training-months'],
  },
  {
    point: 12,
    about: 'cost once and per query',
    page: 'inference-vs-training',
    rows: ['cost-train-frontier', 'cost-query-70b'],
  },
  {
    point: 13,
    about: '70 B',
    page: 'sizes',
    rows: [
      'training-state-70b',
      'gpus-70b',
      'size-70b-fp32',
      'size-70b-int4',
      'size-70b-one-gpu-spare',
      'size-70b-m4-max-spare',
    ],
  },
  {
    point: 14,
    about: 'Llama 3.1 8B on an M4 Max and an H100',
    page: 'metrics',
    words: /sum over a batch/,
    rows: ['speed-8b-m4-max', 'speed-8b-m4-max-roofline-share', 'speed-8b-h100-alone', 'speed-8b-h100-batched'],
  },
  {
    point: 15,
    about: 'tok/s, TTFT, QPS',
    page: 'metrics',
    words: /TTFT.*tok\/s.*QPS.*vLLM, TGI/s,
    rows: ['ttft-interactive'],
  },
  {
    point: 16,
    about: 'train, quantize, deploy, serve',
    page: 'precision',
    words: /Train in BF16 or FP32 → quantize with GPTQ or AWQ → deploy INT4 or INT8 → serve/,
    rows: ['bridge-runs'],
  },
  {
    point: 17,
    about: 'FP32 to INT4',
    page: 'precision',
    rows: [
      'int4-smaller-ideal',
      'int4-smaller-group-128',
      'int4-smaller-group-32',
      'int4-file-smaller',
      'int4-perplexity',
    ],
  },
  {
    point: 18,
    about: 'LoRA and QLoRA',
    page: 'fine-tuning',
    words: /W \+ B A.*swapped.*merged/s,
    rows: ['lora-share', 'lora-trains-here', 'lora-adapter-size', 'qlora-base-size'],
  },
  {
    point: 19,
    about: 'why the edge',
    page: 'edge',
    words: /Privacy.*Independence.*device.*edge.*cloud/s,
    rows: ['round-trip', 'cost-query-8b-edge', 'ttft-interactive'],
  },
  {
    point: 20,
    about: 'sizes',
    page: 'sizes',
    rows: [
      'size-3.8b-fp16',
      'size-3.8b-int4',
      'size-8b-fp16',
      'size-8b-int4',
      'size-70b-fp16',
      'size-70b-int4-scaled',
      'size-405b-fp16',
      'size-405b-int4',
    ],
  },
];

const known = new Set(claims.map(({ id }) => id));

describe.each(points)('point $point, $about', ({ page: name, words, rows }) => {
  const page = findPage(name);
  it(`is on the page ${name}`, () => {
    if (words !== undefined) expect(page.body).toMatch(words);
    expect(rows.filter((id) => !claimsOf(page).includes(id))).toEqual([]);
  });
  it('has its claims checked by verify', () => {
    expect(rows.filter((id) => !known.has(id))).toEqual([]);
  });
});

it('covers all twenty points, and every claim belongs to one', () => {
  expect(new Set(points.map(({ point }) => point))).toEqual(
    new Set(Array.from({ length: 20 }, (_, index) => index + 1)),
  );
  const borne = new Set(points.flatMap(({ rows }) => rows));
  expect(claims.map(({ id }) => id).filter((id) => !borne.has(id))).toEqual([]);
  expect(pages.length).toBeGreaterThanOrEqual(9);
});
