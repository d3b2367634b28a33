import type { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import type { Database } from '../store/database.ts';
import { fromStoredPath, toStoredPath } from '../store/home-paths.ts';
import { PendingFiles } from '../store/pending-files.ts';
import {
  type Artifact,
  artifactRow,
  type Deployment,
  deploymentRow,
  type Measurement,
  type Model,
  measurementRow,
  modelRow,
  type Run,
  runRow,
} from './registry-records.ts';

/** A row as its writer gives it; with the job that wrote it, so that this job, resumed, may write it again. */
export type NewModel = Omit<Model, 'createdAt' | 'retired'> & { job?: string | undefined };
export type NewArtifact = Omit<Artifact, 'createdAt' | 'retired'> & { job?: string | undefined };

/**
 * What exists: runs, models, artifacts, deployments and the figures measured on them. Paths are kept relative to the
 * home and given out absolute. Saving keeps `createdAt`; what replaces or removes files is in `place-model.ts`,
 * `place-artifacts.ts` and `remove-model.ts`.
 */
export class Registry {
  readonly database: Database;
  /** The home's folder. */
  readonly root: string;
  /** Renames and deletions that a change of the registry has noted. */
  readonly files: PendingFiles;

  constructor(database: Database, root: string) {
    this.database = database;
    this.root = root;
    this.files = new PendingFiles(database, root);
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
        toStoredPath(this.root, run.directory),
        JSON.stringify(run.settings),
        run.summary === null ? null : JSON.stringify(run.summary),
        now(),
      );
  }

  saveModel({ name, directory, family, parameters, parent, run, job }: NewModel): void {
    this.database
      .prepare(
        `INSERT INTO models (name, directory, family, parameters, parent, run, job, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET directory = excluded.directory, family = excluded.family,
           parameters = excluded.parameters, parent = excluded.parent, run = excluded.run, job = excluded.job`,
      )
      .run(name, toStoredPath(this.root, directory), family, parameters, parent, run, job ?? null, now());
  }

  saveArtifact({ id, model, format, path, bytes, bitsPerWeight, settings, job }: NewArtifact): void {
    this.database
      .prepare(
        `INSERT INTO artifacts (id, model, format, path, bytes, bits_per_weight, settings, job, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET model = excluded.model, format = excluded.format, path = excluded.path,
           bytes = excluded.bytes, bits_per_weight = excluded.bits_per_weight, settings = excluded.settings, job = excluded.job`,
      )
      .run(
        id,
        model,
        format,
        toStoredPath(this.root, path),
        bytes,
        bitsPerWeight,
        JSON.stringify(settings),
        job ?? null,
        now(),
      );
  }

  saveDeployment(deployment: Omit<Deployment, 'createdAt'>): void {
    this.database
      .prepare(
        `INSERT INTO deployments (name, artifact, target, settings, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET artifact = excluded.artifact, target = excluded.target, settings = excluded.settings`,
      )
      .run(deployment.name, deployment.artifact, deployment.target, JSON.stringify(deployment.settings), now());
  }

  saveMeasurement(measurement: Omit<Measurement, 'createdAt'>): void {
    this.database
      .prepare('INSERT INTO measurements (kind, subject, figures, created_at) VALUES (?, ?, ?, ?)')
      .run(measurement.kind, measurement.subject, JSON.stringify(measurement.figures), now());
  }

  runs(): Run[] {
    return this.rows('SELECT * FROM runs ORDER BY created_at DESC', runRow).map((run) => this.withDirectory(run));
  }

  models(): Model[] {
    return this.rows('SELECT * FROM models ORDER BY created_at DESC', modelRow).map((model) =>
      this.withDirectory(model),
    );
  }

  artifacts(model?: string): Artifact[] {
    const rows =
      model === undefined
        ? this.rows('SELECT * FROM artifacts ORDER BY created_at DESC', artifactRow)
        : this.rows('SELECT * FROM artifacts WHERE model = ? ORDER BY bytes DESC', artifactRow, model);
    return rows.map((artifact) => this.withPath(artifact));
  }

  deployments(): Deployment[] {
    return this.rows('SELECT * FROM deployments ORDER BY created_at DESC', deploymentRow);
  }

  /** The names under which any of these artifacts is served. */
  deploymentsOf(artifacts: readonly { id: string }[]): Deployment[] {
    return this.deployments().filter(({ artifact }) => artifacts.some(({ id }) => id === artifact));
  }

  /** The newest figures of each kind first. */
  measurements(subject: string): Measurement[] {
    return this.rows('SELECT * FROM measurements WHERE subject = ? ORDER BY id DESC', measurementRow, subject);
  }

  run(id: string): Run {
    return this.withDirectory(this.one('SELECT * FROM runs WHERE id = ?', runRow, id, 'run', 'fts runs list'));
  }

  model(name: string): Model {
    const model = this.one('SELECT * FROM models WHERE name = ?', modelRow, name, 'model', 'fts models list');
    return this.withDirectory(model);
  }

  artifact(id: string): Artifact {
    return this.withPath(
      this.one('SELECT * FROM artifacts WHERE id = ?', artifactRow, id, 'artifact', 'fts models list'),
    );
  }

  deployment(name: string): Deployment {
    return this.one('SELECT * FROM deployments WHERE name = ?', deploymentRow, name, 'deployment', 'fts models list');
  }

  isEmpty(): boolean {
    return this.models().length === 0;
  }

  private withDirectory<Row extends { directory: string }>(row: Row): Row {
    return { ...row, directory: fromStoredPath(this.root, row.directory) };
  }

  private withPath(artifact: Artifact): Artifact {
    return { ...artifact, path: fromStoredPath(this.root, artifact.path) };
  }

  private rows<Row>(sql: string, schema: z.ZodType<Row>, ...parameters: string[]): Row[] {
    // Whatever another process has noted and not come to do; what our own transaction notes waits for its end.
    if (this.database.open && !this.database.inTransaction) this.files.settle();
    return this.database
      .prepare(sql)
      .all(...parameters)
      .map((row) => schema.parse(row));
  }

  private one<Row>(sql: string, schema: z.ZodType<Row>, key: string, what: string, list: string): Row {
    const [row] = this.rows(sql, schema, key);
    if (row === undefined) {
      throw new FtsError('not-found', `No ${what} "${key}".`, {
        field: what,
        value: key,
        remedy: `See what there is with \`${list}\`.`,
      });
    }
    return row;
  }
}

const now = (): string => new Date().toISOString();
