import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Services } from '../../services/context.ts';

const pollMilliseconds = 500;
const versionRow = z.object({ data_version: z.number() });
const planRow = z.object({ id: z.string(), state: z.string() });
const changesRow = z.object({ changes: z.number() });

/**
 * Tells subscribers which resources have changed, whichever process changed them: while somebody listens, the
 * database's own change counters are read twice a second, and only when they have moved is anything compared.
 */
export class ResourceChanges implements ServerEventBus {
  private readonly services: Services;
  private readonly listeners = new Set<(event: ServerEvent) => void>();
  private timer: NodeJS.Timeout | undefined;
  private version = '';
  private before = new Map<string, string>();

  constructor(services: Services) {
    this.services = services;
  }

  publish(event: ServerEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.listeners.add(listener);
    if (this.timer === undefined) {
      this.version = this.databaseVersion();
      this.before = fingerprints(this.services);
      this.timer = setInterval(() => this.compare(), pollMilliseconds);
      this.timer.unref();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private compare(): void {
    if (!this.services.database.open) return;
    const version = this.databaseVersion();
    if (version === this.version) return;
    this.version = version;
    const now = fingerprints(this.services);
    const before = this.before;
    this.before = now;
    for (const [uri, fingerprint] of now) {
      if (before.get(uri) !== fingerprint) this.publish({ kind: 'resource_updated', uri });
    }
    const sameSet = now.size === before.size && [...now.keys()].every((uri) => before.has(uri));
    if (!sameSet) this.publish({ kind: 'resources_list_changed' });
  }

  /** Moves with every commit: of other connections (`data_version`) and of our own (`total_changes`). */
  private databaseVersion(): string {
    const { database } = this.services;
    const others = versionRow.parse(database.prepare('PRAGMA data_version').get()).data_version;
    const own = changesRow.parse(database.prepare('SELECT total_changes() AS changes').get()).changes;
    return `${others} ${own}`;
  }
}

/** Every resource that can change, with something short that changes with it. */
function fingerprints({ jobs, registry, database }: Services): Map<string, string> {
  const found = new Map<string, string>();
  const recent = jobs.list({ limit: 200 });
  found.set('fts://jobs', recent.map(({ id, state }) => `${id} ${state}`).join());
  for (const { id, state, progress } of recent) found.set(`fts://jobs/${id}`, JSON.stringify([state, progress]));
  const models = registry.models();
  found.set('fts://models', JSON.stringify([models, registry.artifacts().map(({ id }) => id)]));
  for (const model of models) {
    const subjects = [model.name, ...registry.artifacts(model.name).map(({ id }) => id)];
    found.set(
      `fts://models/${model.name}`,
      JSON.stringify([model, subjects, subjects.map((subject) => registry.measurements(subject).length)]),
    );
  }
  const runs = registry.runs();
  found.set('fts://runs', runs.map(({ id, summary }) => `${id} ${summary !== null}`).join());
  for (const { id, directory, summary } of runs) {
    found.set(`fts://runs/${id}`, JSON.stringify(summary));
    found.set(`fts://runs/${id}/metrics`, fileVersion(join(directory, 'metrics.jsonl')));
  }
  found.set('fts://deployments', JSON.stringify(registry.deployments()));
  const plans = database
    .prepare('SELECT id, state FROM change_plans ORDER BY rowid DESC LIMIT 200')
    .all()
    .map((row) => planRow.parse(row));
  found.set('fts://plans', plans.map(({ id, state }) => `${id} ${state}`).join());
  for (const { id, state } of plans) found.set(`fts://plans/${id}`, state);
  found.set('fts://audit', JSON.stringify(database.prepare('SELECT max(sequence) FROM audit_log').get()));
  return found;
}

function fileVersion(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`;
}
