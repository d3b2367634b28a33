import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import type { Parallelism } from '../training/training-memory.ts';

export const oneDevice: Parallelism = { data: 1, tensor: 1, pipeline: 1, zero: 0 };

const degree = z.coerce.number().int().min(1).max(65_536);
const parallelismSchema = z
  .object({
    data: degree.default(1),
    tensor: degree.default(1),
    pipeline: degree.default(1),
    zero: z.coerce
      .number()
      .pipe(z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]))
      .default(0),
  })
  .strict();

/** Parses `data=8,tensor=2,pipeline=4,zero=3`; degrees not given are 1, and `zero` is 0. */
export function parseParallelism(text: string): Parallelism {
  const fields = text.split(',').map((field) => field.trim().split('=', 2) as [string, string]);
  const parsed = parallelismSchema.safeParse(Object.fromEntries(fields));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FtsError('invalid-input', `"${text}" is not a valid parallelism: ${issue!.message}.`, {
    field: 'parallel',
    value: text,
    remedy: 'Write data=8,tensor=2,pipeline=4,zero=3; omit degrees of 1. ZeRO stages go from 0 to 3.',
  });
}
