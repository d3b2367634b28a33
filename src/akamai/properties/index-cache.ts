import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Work } from '../../runtime/progress.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import { digestOf } from '../../store/canonical-json.ts';
import type { AkamaiCaller } from '../client/akamai-request.ts';
import { buildPropertyIndex, type PropertyIndex, propertyIndexSchema } from './property-index.ts';

const freshMilliseconds = 15 * 60_000;

/** One index for each account, kept in memory and in the cache folder, so that the next command need not read it all. */
export class PropertyIndexCache {
  private readonly folder: string;
  private readonly indexes = new Map<string, Promise<PropertyIndex>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** `refresh` reads everything again; otherwise an index younger than 15 minutes is used. */
  async get(
    caller: AkamaiCaller,
    as: { account?: string | undefined; accountSwitchKey?: string | undefined },
    work: Work,
    refresh = false,
  ): Promise<PropertyIndex> {
    const key = digestOf([as.account ?? null, as.accountSwitchKey ?? null]).slice(0, 16);
    if (!refresh) {
      const known = await (this.indexes.get(key) ?? this.read(key));
      if (known !== undefined && isFresh(known)) return known;
    }
    const building = buildPropertyIndex(caller, as, work);
    this.indexes.set(key, building);
    try {
      const index = await building;
      await writeFileAtomic(this.path(key), JSON.stringify(index));
      return index;
    } catch (error) {
      this.indexes.delete(key);
      throw error;
    }
  }

  private path(key: string): string {
    return join(this.folder, `akamai-properties-${key}.json`);
  }

  /** Whatever is wrong with the file, it can be made again. */
  private async read(key: string): Promise<PropertyIndex | undefined> {
    try {
      return propertyIndexSchema.parse(JSON.parse(await readFile(this.path(key), 'utf8')));
    } catch {
      return undefined;
    }
  }
}

function isFresh(index: PropertyIndex): boolean {
  const age = Date.now() - Date.parse(index.builtAt);
  return age >= 0 && age < freshMilliseconds;
}
