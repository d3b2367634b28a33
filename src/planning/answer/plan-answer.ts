import { z } from 'zod';
import type { Machine } from '../machines/machine.ts';

const money = z.number().nullable();

/** One machine's answer to a plan. */
export const planRowSchema = z.object({
  machine: z.string(),
  name: z.string(),
  fits: z.boolean(),
  devices: z.number(),
  memoryBytes: z.number(),
  usableBytes: z.number(),
  /** Negative: what is missing. */
  headroomBytes: z.number(),
  serving: z
    .object({
      ttftSeconds: z.number(),
      prefillTokensPerSecond: z.number(),
      tokensPerSecondAlone: z.number(),
      tokensPerSecondBatched: z.number(),
      mostSequences: z.number(),
      usdPerHour: money,
      usdPerMillionIn: money,
      usdPerMillionOut: money,
      usdPerQuery: money,
    })
    .optional(),
  training: z
    .object({
      /** How the devices share the run: `data 8 with ZeRO-3, tensor 2`. */
      parallelism: z.string(),
      devicesNeeded: z.number().nullable(),
      tokensPerSecond: z.number(),
      seconds: z.number(),
      mfu: z.number(),
      rentUsd: money,
    })
    .optional(),
});
export type PlanRow = z.output<typeof planRowSchema>;

/** What a row says of the memory, whatever the model is for. */
export function memoryRow(
  { id, name }: Machine,
  plan: Pick<PlanRow, 'fits' | 'devices' | 'usableBytes' | 'headroomBytes'> & { memory: { total: number } },
): Omit<PlanRow, 'serving' | 'training'> {
  const { fits, devices, memory, usableBytes, headroomBytes } = plan;
  return { machine: id, name, fits, devices, memoryBytes: memory.total, usableBytes, headroomBytes };
}

/** What a change of the plan does on one machine. */
export const whatIfSchema = z.object({
  setting: z.string(),
  machine: z.string(),
  memoryBytes: z.number(),
  fits: z.boolean(),
  ttftSeconds: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
  usdPerQuery: money,
});
export type WhatIfRow = z.output<typeof whatIfSchema>;

/** A part of a machine's memory, in drawing order. */
export const memoryPartSchema = z.object({ label: z.string(), bytes: z.number() });
export type MemoryPart = z.output<typeof memoryPartSchema>;

export interface Recommendation {
  machine: string;
  reasons: string[];
}

/** A request compared over machines. */
export interface PlanAnswer {
  /** In the order of the machines; `parts` are of the fullest device. */
  machines: { row: PlanRow; parts: MemoryPart[] }[];
  recommended: Recommendation | null;
  /** On the recommended machine, or the first. */
  whatIf: WhatIfRow[];
}

/** The machine that an answer is about: the recommended one, or the first where none fits. */
export function focusOf({ machines, recommended }: Pick<PlanAnswer, 'machines' | 'recommended'>) {
  return machines.find(({ row }) => row.machine === recommended?.machine) ?? machines[0]!;
}
