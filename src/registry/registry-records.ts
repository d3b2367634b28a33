import { z } from 'zod';

const json = z.string().transform((text): unknown => JSON.parse(text));
const settingsColumn = json.pipe(z.record(z.string(), z.unknown()));
const retired = z.number().transform(Boolean);
const figuresSchema = z.record(z.string(), z.unknown());

/** A training run: what was asked, where its metrics and checkpoints are, how it ended. */
export const runSchema = z.object({
  id: z.string(),
  model: z.string(),
  kind: z.string(),
  directory: z.string(),
  settings: z.record(z.string(), z.unknown()),
  /** Final figures such as `trainingLoss` and `validationLoss`; null until the run has ended. */
  summary: figuresSchema.nullable(),
  createdAt: z.string(),
});
export type Run = z.output<typeof runSchema>;

/** A model directory in the Hugging Face layout. */
export const modelSchema = z.object({
  name: z.string(),
  directory: z.string(),
  family: z.string(),
  parameters: z.number().int(),
  /** The model that this one was made from, and the run that made it. */
  parent: z.string().nullable(),
  run: z.string().nullable(),
  createdAt: z.string(),
  /** It was replaced, and is kept only because an artifact of it is deployed. */
  retired: z.boolean(),
});
export type Model = z.output<typeof modelSchema>;

/** A file that can be served or handed over: one model in one format. */
export const artifactSchema = z.object({
  /** `model:format`, such as `operator:q4_0`. */
  id: z.string(),
  model: z.string(),
  format: z.string(),
  path: z.string(),
  bytes: z.number().int(),
  bitsPerWeight: z.number(),
  settings: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
  /** It was replaced, and is kept only because it is deployed. */
  retired: z.boolean(),
});
export type Artifact = z.output<typeof artifactSchema>;

/** A name under which an artifact is served. */
export const deploymentSchema = z.object({
  name: z.string(),
  artifact: z.string(),
  target: z.string(),
  settings: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
});
export type Deployment = z.output<typeof deploymentSchema>;

/** Figures that were measured on a model or an artifact. */
export const measurementSchema = z.object({
  kind: z.enum(['evaluation', 'benchmark']),
  subject: z.string(),
  figures: figuresSchema,
  createdAt: z.string(),
});
export type Measurement = z.output<typeof measurementSchema>;

export const runRow = z
  .object({
    id: z.string(),
    model: z.string(),
    kind: z.string(),
    directory: z.string(),
    settings: settingsColumn,
    summary: json.pipe(figuresSchema).nullable(),
    created_at: z.string(),
  })
  .transform(({ created_at, ...row }): Run => ({ ...row, createdAt: created_at }));
export const modelRow = z
  .object({
    name: z.string(),
    directory: z.string(),
    family: z.string(),
    parameters: z.number(),
    parent: z.string().nullable(),
    run: z.string().nullable(),
    created_at: z.string(),
    retired,
  })
  .transform(({ created_at, ...row }): Model => ({ ...row, createdAt: created_at }));
export const artifactRow = z
  .object({
    id: z.string(),
    model: z.string(),
    format: z.string(),
    path: z.string(),
    bytes: z.number(),
    bits_per_weight: z.number(),
    settings: settingsColumn,
    created_at: z.string(),
    retired,
  })
  .transform(
    ({ created_at, bits_per_weight, ...row }): Artifact => ({
      ...row,
      bitsPerWeight: bits_per_weight,
      createdAt: created_at,
    }),
  );
export const deploymentRow = z
  .object({
    name: z.string(),
    artifact: z.string(),
    target: z.string(),
    settings: settingsColumn,
    created_at: z.string(),
  })
  .transform(({ created_at, ...row }): Deployment => ({ ...row, createdAt: created_at }));
export const measurementRow = z
  .object({
    kind: z.enum(['evaluation', 'benchmark']),
    subject: z.string(),
    figures: json.pipe(figuresSchema),
    created_at: z.string(),
  })
  .transform(({ created_at, ...row }): Measurement => ({ ...row, createdAt: created_at }));
