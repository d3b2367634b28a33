import { seriesColour } from '../../drawing/palette.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { flowDiagram, weightTones } from './flow-diagram.ts';
import { learningRatesDiagram } from './learning-rates.ts';
import { loraDiagram } from './lora-diagram.ts';
import { stackedColumns } from './stacked-columns.ts';

const diagrams: Readonly<Record<string, () => string>> = {
  'one-step': () =>
    flowDiagram(
      'One step of each',
      [
        {
          label: 'Inference',
          boxes: [
            { text: 'text so far' },
            { text: 'forward', detail: 'weights read', tone: 'read' },
            { text: 'next token' },
          ],
          back: { from: 2, to: 0, label: 'added to the text; repeat' },
        },
        {
          label: 'Training',
          boxes: [
            { text: 'many texts' },
            { text: 'forward', detail: 'activations kept', tone: 'read' },
            { text: 'loss', detail: 'how wrong?' },
            { text: 'backward', detail: 'a gradient per weight', tone: 'read' },
            { text: 'update', detail: 'weights changed', tone: 'write' },
          ],
          back: { from: 4, to: 0, label: 'gradients reset, next batch' },
        },
      ],
      weightTones,
    ),
  'memory-compared': () =>
    stackedColumns('Where the memory goes', 'bytes per parameter in FP32; cache and activations come on top', 'bytes', [
      { label: 'inference', parts: [{ label: 'weights', value: 4, colour: seriesColour(0) }] },
      {
        label: 'training',
        parts: [
          { label: 'weights', value: 4, colour: seriesColour(0) },
          { label: 'gradients', value: 4, colour: seriesColour(1) },
          { label: 'first averages', value: 4, colour: seriesColour(2) },
          { label: 'second averages', value: 4, colour: seriesColour(3) },
        ],
      },
    ]),
  'training-loop': () =>
    flowDiagram(
      'The training loop',
      [
        {
          boxes: [
            { text: 'batch' },
            { text: 'forward', detail: 'predict each next token', tone: 'read' },
            { text: 'loss', detail: 'how wrong?' },
            { text: 'backward', detail: 'a gradient per weight', tone: 'read' },
            { text: 'update', detail: 'w -= rate × gradient', tone: 'write' },
          ],
          back: { from: 4, to: 0, label: 'gradients reset; all the data once: an epoch' },
        },
      ],
      weightTones,
    ),
  'learning-rates': learningRatesDiagram,
  'inference-pipeline': () =>
    flowDiagram('The inference pipeline', [
      {
        boxes: [
          { text: 'input', detail: 'text' },
          { text: 'tokenize', detail: 'text to numbers' },
          { text: 'forward', detail: ['first the whole prompt,', 'then token by token'], tone: 'read' },
          { text: 'sample', detail: 'choose one token' },
          { text: 'decode', detail: 'numbers to text' },
          { text: 'output', detail: 'streamed' },
        ],
        back: { from: 3, to: 2, label: 'each new token is the next input; the KV cache holds the earlier ones' },
      },
    ]),
  'precision-bridge': () =>
    flowDiagram(
      'The precision bridge',
      [
        {
          boxes: [
            { text: 'train', detail: 'BF16 / FP32', tone: 'write' },
            { text: 'quantize', detail: 'GPTQ / AWQ' },
            { text: 'deploy', detail: 'INT4 / INT8', tone: 'read' },
            { text: 'serve', detail: 'fts, Ollama, vLLM', tone: 'read' },
          ],
        },
      ],
      weightTones,
    ),
  lora: loraDiagram,
  'edge-spectrum': () =>
    flowDiagram('From device to cloud', [
      {
        boxes: [
          { text: 'device', detail: ['private, offline', 'small models, INT4'], tone: 'read' },
          { text: 'edge', detail: ['near, shared', 'medium models, INT4'], tone: 'read' },
          { text: 'cloud', detail: ['far, large', 'largest models; training'], tone: 'write' },
        ],
      },
    ]),
  'plan-approve-apply': () =>
    flowDiagram('Plan, approve, apply', [
      {
        boxes: [
          { text: 'request', detail: 'a model proposes' },
          { text: 'plan', detail: 'checked, shown', tone: 'read' },
          { text: 'approve', detail: 'a person', tone: 'person' },
          { text: 'apply', detail: 'once, if unchanged', tone: 'write' },
          { text: 'audit log', detail: 'every step' },
        ],
      },
    ]),
};

/** Draws the named diagram as a standalone SVG document. */
export function diagram(name: string): string {
  const draw = diagrams[name];
  if (draw !== undefined) return draw();
  throw new FtsError('not-found', `No diagram "${name}".`, {
    field: 'diagram',
    value: name,
    remedy: `Choose one of: ${Object.keys(diagrams).join(', ')}.`,
  });
}
