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
  /** Negative if bytes are missing. */
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

/** The fields of a row that serving and training plans share. */
export function memoryRow(
  { id, name }: Machine,
  plan: Pick<PlanRow, 'fits' | 'devices' | 'usableBytes' | 'headroomBytes'> & { memory: { total: number } },
): Omit<PlanRow, 'serving' | 'training'> {
  const { fits, devices, memory, usableBytes, headroomBytes } = plan;
  return { machine: id, name, fits, devices, memoryBytes: memory.total, usableBytes, headroomBytes };
}

/** The plan on one machine with one changed setting. */
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
  /** In the order of the machines; `parts` describe the fullest device. */
  machines: { row: PlanRow; parts: MemoryPart[] }[];
  recommended: Recommendation | null;
  /** For the recommended machine, or the first if none fits. */
  whatIf: WhatIfRow[];
}

/** The machine to show in detail: the recommended one, or the first if none fits. */
export function focusOf({ machines, recommended }: Pick<PlanAnswer, 'machines' | 'recommended'>) {
  return machines.find(({ row }) => row.machine === recommended?.machine) ?? machines[0]!;
}
