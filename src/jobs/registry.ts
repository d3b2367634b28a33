import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { type Database, immediately, type Schema } from '../store/database.ts';

export const registryTables: Schema = {
  owner: 'registry',
  steps: [
    `CREATE TABLE runs (
      id TEXT PRIMARY KEY, model TEXT NOT NULL, kind TEXT NOT NULL, directory TEXT NOT NULL,
      settings TEXT NOT NULL, summary TEXT, created_at TEXT NOT NULL);
    CREATE TABLE models (
      name TEXT PRIMARY KEY, directory TEXT NOT NULL, family TEXT NOT NULL, parameters INTEGER NOT NULL,
      parent TEXT, run TEXT, created_at TEXT NOT NULL);
    CREATE TABLE artifacts (
      id TEXT PRIMARY KEY, model TEXT NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL,
      bits_per_weight REAL NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL);
    CREATE TABLE deployments (
      name TEXT PRIMARY KEY, artifact TEXT NOT NULL, target TEXT NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL);
    CREATE TABLE measurements (
      id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, figures TEXT NOT NULL,
      created_at TEXT NOT NULL);
    CREATE INDEX measurements_by_subject ON measurements (kind, subject, id);`,
  ],
};

const json = z.string().transform((text): unknown => JSON.parse(text));
const settingsColumn = json.pipe(z.record(z.string(), z.unknown()));
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

const runRow = z
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
const modelRow = z
  .object({
    name: z.string(),
    directory: z.string(),
    family: z.string(),
    parameters: z.number(),
    parent: z.string().nullable(),
    run: z.string().nullable(),
    created_at: z.string(),
  })
  .transform(({ created_at, ...row }): Model => ({ ...row, createdAt: created_at }));
const artifactRow = z
  .object({
    id: z.string(),
    model: z.string(),
    format: z.string(),
    path: z.string(),
    bytes: z.number(),
    bits_per_weight: z.number(),
    settings: settingsColumn,
    created_at: z.string(),
  })
  .transform(
    ({ created_at, bits_per_weight, ...row }): Artifact => ({
      ...row,
      bitsPerWeight: bits_per_weight,
      createdAt: created_at,
    }),
  );
const deploymentRow = z
  .object({
    name: z.string(),
    artifact: z.string(),
    target: z.string(),
    settings: settingsColumn,
    created_at: z.string(),
  })
  .transform(({ created_at, ...row }): Deployment => ({ ...row, createdAt: created_at }));
const measurementRow = z
  .object({
    kind: z.enum(['evaluation', 'benchmark']),
    subject: z.string(),
    figures: json.pipe(figuresSchema),
    created_at: z.string(),
  })
  .transform(({ created_at, ...row }): Measurement => ({ ...row, createdAt: created_at }));

/**
 * What exists: runs, models, artifacts, deployments and the figures measured on them. Files come first, their row
 * last: a row always names something whole. Saving again under the same name replaces the row.
 */
export class Registry {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  saveRun(run: Omit<Run, 'createdAt'>): void {
    this.database
      .prepare(
        `INSERT INTO runs (id, model, kind, directory, settings, summary, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET summary = excluded.summary, settings = excluded.settings`,
      )
      .run(
        run.id,
        run.model,
        run.kind,
        run.directory,
        JSON.stringify(run.settings),
        run.summary === null ? null : JSON.stringify(run.summary),
        now(),
      );
  }

  saveModel(model: Omit<Model, 'createdAt'>): void {
    this.database
      .prepare(
        'INSERT OR REPLACE INTO models (name, directory, family, parameters, parent, run, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(model.name, model.directory, model.family, model.parameters, model.parent, model.run, now());
  }

  saveArtifact(artifact: Omit<Artifact, 'createdAt'>): void {
    this.database
      .prepare(
        'INSERT OR REPLACE INTO artifacts (id, model, format, path, bytes, bits_per_weight, settings, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        artifact.id,
        artifact.model,
        artifact.format,
        artifact.path,
        artifact.bytes,
        artifact.bitsPerWeight,
        JSON.stringify(artifact.settings),
        now(),
      );
  }

  saveDeployment(deployment: Omit<Deployment, 'createdAt'>): void {
    this.database
      .prepare(
        'INSERT OR REPLACE INTO deployments (name, artifact, target, settings, created_at) VALUES (?, ?, ?, ?, ?)',
      )
      .run(deployment.name, deployment.artifact, deployment.target, JSON.stringify(deployment.settings), now());
  }

  saveMeasurement(measurement: Omit<Measurement, 'createdAt'>): void {
    this.database
      .prepare('INSERT INTO measurements (kind, subject, figures, created_at) VALUES (?, ?, ?, ?)')
      .run(measurement.kind, measurement.subject, JSON.stringify(measurement.figures), now());
  }

  runs(): Run[] {
    return this.rows('SELECT * FROM runs ORDER BY created_at DESC', runRow);
  }

  models(): Model[] {
    return this.rows('SELECT * FROM models ORDER BY created_at DESC', modelRow);
  }

  artifacts(model?: string): Artifact[] {
    return model === undefined
      ? this.rows('SELECT * FROM artifacts ORDER BY created_at DESC', artifactRow)
      : this.rows('SELECT * FROM artifacts WHERE model = ? ORDER BY bytes DESC', artifactRow, model);
  }

  deployments(): Deployment[] {
    return this.rows('SELECT * FROM deployments ORDER BY created_at DESC', deploymentRow);
  }

  /** The newest figures of each kind first. */
  measurements(subject: string): Measurement[] {
    return this.rows('SELECT * FROM measurements WHERE subject = ? ORDER BY id DESC', measurementRow, subject);
  }

  run(id: string): Run {
    return this.one('SELECT * FROM runs WHERE id = ?', runRow, id, 'run', 'fts runs list');
  }

  model(name: string): Model {
    return this.one('SELECT * FROM models WHERE name = ?', modelRow, name, 'model', 'fts models list');
  }

  artifact(id: string): Artifact {
    return this.one('SELECT * FROM artifacts WHERE id = ?', artifactRow, id, 'artifact', 'fts models list');
  }

  deployment(name: string): Deployment {
    return this.one('SELECT * FROM deployments WHERE name = ?', deploymentRow, name, 'deployment', 'fts models list');
  }

  /** Forgets a model with its artifacts and deployments; the caller removes the files afterwards. */
  removeModel(name: string): void {
    immediately(this.database, () => {
      this.database
        .prepare('DELETE FROM deployments WHERE artifact IN (SELECT id FROM artifacts WHERE model = ?)')
        .run(name);
      this.database.prepare('DELETE FROM artifacts WHERE model = ?').run(name);
      this.database.prepare('DELETE FROM models WHERE name = ?').run(name);
    });
  }

  isEmpty(): boolean {
    return this.models().length === 0;
  }

  private rows<Row>(sql: string, schema: z.ZodType<Row>, ...parameters: string[]): Row[] {
    return this.database
      .prepare(sql)
      .all(...parameters)
      .map((row) => schema.parse(row));
  }

  private one<Row>(sql: string, schema: z.ZodType<Row>, key: string, what: string, list: string): Row {
    const row = this.database.prepare(sql).get(key);
    if (row === undefined) {
      throw new FtsError('not-found', `No ${what} "${key}".`, {
        field: what,
        value: key,
        remedy: `See what there is with \`${list}\`.`,
      });
    }
    return schema.parse(row);
  }
}

const now = (): string => new Date().toISOString();
