import { FtsError } from '../../errors/fts-error.ts';
import { flowDiagram } from './flow-diagram.ts';
import { learningRatesDiagram } from './learning-rates.ts';
import { stackedColumns } from './stacked-columns.ts';

const diagrams: Readonly<Record<string, () => string>> = {
  'one-step': () =>
    flowDiagram('One step of each', [
      {
        label: 'Inference',
        boxes: [{ text: 'tokens' }, { text: 'forward', detail: 'weights: read', tone: 'read' }, { text: 'next token' }],
        backTo: 0,
        backLabel: 'a token at a time',
      },
      {
        label: 'Training',
        boxes: [
          { text: 'batch of text' },
          { text: 'forward', detail: 'activations kept', tone: 'read' },
          { text: 'loss' },
          { text: 'backward', detail: 'a gradient per weight' },
          { text: 'update', detail: 'weights: rewritten', tone: 'write' },
        ],
        backTo: 0,
        backLabel: 'next batch',
      },
    ]),
  'memory-compared': () =>
    stackedColumns('Where the memory goes (bytes per parameter, FP32, before activations and cache)', 'bytes', [
      { label: 'inference', parts: [{ label: 'weights', value: 4, colour: '#1f77b4' }] },
      {
        label: 'training',
        parts: [
          { label: 'weights', value: 4, colour: '#1f77b4' },
          { label: 'gradients', value: 4, colour: '#ff7f0e' },
          { label: 'first moments', value: 4, colour: '#2ca02c' },
          { label: 'second moments', value: 4, colour: '#9467bd' },
        ],
      },
    ]),
  'training-loop': () =>
    flowDiagram('The training loop', [
      {
        boxes: [
          { text: 'batch' },
          { text: 'forward', tone: 'read' },
          { text: 'loss' },
          { text: 'backward' },
          { text: 'update', detail: 'w -= rate × gradient', tone: 'write' },
        ],
        backTo: 0,
        backLabel: 'gradients reset; all batches once: an epoch',
      },
    ]),
  'learning-rates': learningRatesDiagram,
  'inference-pipeline': () =>
    flowDiagram('The inference pipeline', [
      {
        boxes: [
          { text: 'input' },
          { text: 'tokenize' },
          { text: 'prefill', detail: 'whole prompt at once', tone: 'read' },
          { text: 'sample' },
          { text: 'decode', detail: 'one token, KV cache', tone: 'read' },
          { text: 'output' },
        ],
      },
      {
        label: 'again',
        boxes: [{ text: 'sample' }, { text: 'decode', tone: 'read' }],
        backTo: 0,
        backLabel: 'until the end',
      },
    ]),
  'precision-bridge': () =>
    flowDiagram('The precision bridge', [
      {
        boxes: [
          { text: 'train', detail: 'BF16 / FP32', tone: 'write' },
          { text: 'quantize', detail: 'GPTQ / AWQ' },
          { text: 'deploy', detail: 'INT4 / INT8', tone: 'read' },
          { text: 'serve', detail: 'fts, Ollama, vLLM', tone: 'read' },
        ],
      },
    ]),
  lora: () =>
    flowDiagram('A low-rank addition', [
      {
        label: 'frozen',
        boxes: [
          { text: 'input' },
          { text: 'W', detail: 'wide × wide', tone: 'read' },
          { text: 'sum' },
          { text: 'output' },
        ],
      },
      {
        label: 'trained',
        boxes: [
          { text: 'input' },
          { text: 'A', detail: 'wide → rank', tone: 'write' },
          { text: 'B', detail: 'rank → wide', tone: 'write' },
          { text: 'added to the sum' },
        ],
      },
    ]),
  'edge-spectrum': () =>
    flowDiagram('From device to cloud', [
      {
        boxes: [
          { text: 'device', detail: 'private, offline', tone: 'read' },
          { text: 'edge', detail: 'near, shared', tone: 'read' },
          { text: 'cloud', detail: 'large, far', tone: 'read' },
        ],
      },
      {
        label: 'models',
        boxes: [{ text: 'small, INT4' }, { text: 'medium, INT4' }, { text: 'largest; training', tone: 'write' }],
      },
    ]),
  'plan-approve-apply': () =>
    flowDiagram('Plan, approve, apply', [
      {
        boxes: [
          { text: 'model proposes' },
          { text: 'plan', detail: 'checked, shown', tone: 'read' },
          { text: 'approve', detail: 'a person', tone: 'person' },
          { text: 'apply', detail: 'once, if unmoved', tone: 'write' },
          { text: 'audit log' },
        ],
      },
    ]),
};

/** A diagram by name, drawn now: a standalone SVG document. */
export function diagram(name: string): string {
  const draw = diagrams[name];
  if (draw !== undefined) return draw();
  throw new FtsError('not-found', `No diagram "${name}".`, {
    field: 'diagram',
    value: name,
    remedy: `Choose one of: ${Object.keys(diagrams).join(', ')}.`,
  });
}
