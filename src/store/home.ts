import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { keepFilePrivate, makePrivateFolder, mendPermissions } from './home-permissions.ts';
import { requireNoLink, requirePlainFile } from './plain-file.ts';

/** Where all state lives: `FTS_HOME`, by default `~/.fts`. */
export interface Home {
  root: string;
  /** One model directory (Hugging Face layout plus `fts.json`) per model. */
  models: string;
  /** One folder per training run: settings, `metrics.jsonl`, checkpoints. */
  runs: string;
  /** What can be made again: measurements of this machine, downloaded texts. */
  cache: string;
  /** Files that callers other than a terminal may name: the operator puts them here. */
  inbox: string;
  /** Files that were written for such callers, to be fetched by name. */
  exports: string;
  database: string;
  configFile: string;
  /** The heads of the audit log, kept outside the database so that a shortened log is found. */
  auditHeads: string;
}

/** The path of the home that an environment names, `~/.fts` where it is empty; nothing is made. */
export function homeRoot(environment: NodeJS.ProcessEnv): string {
  return resolve(environment.FTS_HOME || join(homedir(), '.fts'));
}

/** The folders of a home, made if missing, and closed to other accounts where they were open. */
export function openHome(environment: NodeJS.ProcessEnv): Home {
  const root = homeRoot(environment);
  const home: Home = {
    root,
    models: join(root, 'models'),
    runs: join(root, 'runs'),
    cache: join(root, 'cache'),
    inbox: join(root, 'inbox'),
    exports: join(root, 'exports'),
    database: join(root, 'fts.db'),
    configFile: join(root, 'config.json'),
    auditHeads: join(root, 'audit-heads.log'),
  };
  for (const folder of [home.root, home.models, home.runs, home.cache, home.inbox, home.exports]) {
    makePrivateFolder(folder);
  }
  for (const file of [home.database, home.configFile, home.auditHeads]) requirePlainFile(file);
  for (const file of [home.database, home.auditHeads]) requireNoLink(file);
  keepFilePrivate(home.database);
  mendPermissions(root);
  return home;
}
