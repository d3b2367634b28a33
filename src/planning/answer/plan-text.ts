import { textTable } from '../../text/text-table.ts';
import { memoryBarText } from './memory-bar.ts';
import type { MemoryPart, PlanRow, Recommendation, WhatIfRow } from './plan-answer.ts';
import { bytesText, countText, durationText, usdText } from './quantity-text.ts';

interface ShownPlan {
  model: { name: string; parameters: number; from: string };
  purpose: 'serve' | 'train' | 'fine-tune';
  trainableParameters?: number | undefined;
  flops?: number | undefined;
  machines: PlanRow[];
  recommended: Recommendation | null;
  memory: { machine: string; usableBytes: number; parts: MemoryPart[] };
  whatIf: WhatIfRow[];
  svg: string | null;
}

/** A plan as text for a terminal: the machines, a memory bar of the recommended one, the variations, the reasons. */
export function planText({ model, purpose, memory, recommended, ...plan }: ShownPlan): string {
  const lines = [
    `${model.name}: ${countText(model.parameters)} parameters (${model.from}), to ${purpose}`,
    ...workText(plan, model.parameters),
    '',
    textTable(
      purpose === 'serve'
        ? ['machine', 'memory', 'fits', 'first token', 'tok/s', 'batched', '$/hour', '$/M in', '$/M out', '$/query']
        : ['machine', 'devices', 'memory each', 'fits', 'tok/s', 'time', 'rent'],
      plan.machines.map((row) => (row.serving ? servingCells(row, row.serving) : trainingCells(row, row.training!))),
    ),
    '',
    `Memory on ${memory.machine}:`,
    memoryBarText(memory.parts, memory.usableBytes),
  ];
  if (plan.whatIf.length > 0) lines.push('', `What if, on ${plan.whatIf[0]!.machine}:`, whatIfText(plan.whatIf));
  lines.push('');
  if (recommended === null) {
    lines.push('No machine of the catalogue holds the model: use fewer bits, a smaller context, or more devices.');
  } else lines.push(`Recommended: ${recommended.machine}`, ...recommended.reasons.map((reason) => `  - ${reason}`));
  if (plan.svg !== null) lines.push('', `Memory bars written to ${plan.svg}`);
  return lines.join('\n');
}

function workText({ trainableParameters, flops }: Pick<ShownPlan, 'trainableParameters' | 'flops'>, all: number) {
  if (trainableParameters === undefined || flops === undefined) return [];
  const share = ((100 * trainableParameters) / all).toPrecision(3);
  return [
    `${countText(trainableParameters)} of them are trained (${share} %), in ${flops.toExponential(2)} operations`,
  ];
}

function whatIfText(rows: readonly WhatIfRow[]): string {
  return textTable(
    ['setting', 'memory', 'fits', 'first token', 'tok/s', '$/query'],
    rows.map((row) => [
      row.setting,
      bytesText(row.memoryBytes),
      row.fits ? 'yes' : 'no',
      row.ttftSeconds === null ? '-' : durationText(row.ttftSeconds),
      row.tokensPerSecond === null ? '-' : rate(row.tokensPerSecond),
      money(row.usdPerQuery),
    ]),
  );
}

function servingCells(row: PlanRow, serving: NonNullable<PlanRow['serving']>): string[] {
  return [
    row.machine,
    bytesText(row.memoryBytes),
    fitText(row),
    durationText(serving.ttftSeconds),
    rate(serving.tokensPerSecondAlone),
    rate(serving.tokensPerSecondBatched),
    money(serving.usdPerHour),
    money(serving.usdPerMillionIn),
    money(serving.usdPerMillionOut),
    money(serving.usdPerQuery),
  ];
}

function trainingCells(row: PlanRow, training: NonNullable<PlanRow['training']>): string[] {
  return [
    row.machine,
    String(row.devices),
    bytesText(row.memoryBytes),
    fitText(row),
    rate(training.tokensPerSecond),
    durationText(training.seconds),
    money(training.rentUsd),
  ];
}

const money = (usd: number | null): string => (usd === null ? '-' : usdText(usd));

function fitText(row: PlanRow): string {
  return row.fits ? `yes, ${bytesText(row.headroomBytes)} free` : `no, ${bytesText(Math.abs(row.headroomBytes))} short`;
}

function rate(perSecond: number): string {
  return perSecond >= 1000 ? countText(perSecond) : perSecond.toFixed(perSecond >= 10 ? 0 : 1);
}
