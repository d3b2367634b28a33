import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { type RestoredBackup, restoreBackup } from '../backup/restore-backup.ts';
import { writeJsonResult, writeResult } from '../runtime/terminal-output.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { homeRoot } from '../store/home.ts';
import { visibleLine, visibleValue } from '../text/visible-text.ts';
import { terminalUser } from './terminal-user.ts';

interface RestoreFlags {
  replace: boolean;
  sha256?: string;
}

/** `fts restore FILE`: makes a home from a backup, so unlike the operations it runs before one is open. */
export function restoreCommand(): Command {
  return new Command('restore')
    .summary('Make FTS_HOME from a backup')
    .description(
      'Takes a file of `fts backup` as FTS_HOME, which must be empty or absent. First checks every file against the manifest, and the audit log against its chain and heads; changes nothing where something does not fit.',
    )
    .argument('<file>', 'The backup')
    .option('--replace', 'Take the place of a home that is there; it is kept beside it under another name', false)
    .option('--sha256 <hash>', 'Take only the archive with this SHA-256, as `fts backup` printed it')
    .addHelpText('after', '\nExample:\n  $ FTS_HOME=~/restored fts restore fts-backup.tar')
    .action(async (file: string, flags: RestoreFlags, command: Command) => {
      const root = homeRoot(process.env);
      const restored = await restoreBackup(resolve(file), root, flags);
      await recordRestore(file, restored);
      const json = command.optsWithGlobals().json === true;
      if (json) writeJsonResult({ home: root, ...restored });
      else writeResult(`${inWords(visibleLine(root), visibleValue(restored))}\n`);
    });
}

/** The restored log goes on with a row that says what happened to it. */
async function recordRestore(file: string, { manifest, sha256 }: RestoredBackup): Promise<void> {
  const services = openServices(process.env, {});
  try {
    const { name, channel } = terminalUser();
    services.audit.record({
      actor: name,
      channel,
      action: 'restore',
      subject: basename(file),
      outcome: 'ok',
      details: { sha256, createdAt: manifest.createdAt, auditHead: manifest.auditHead, models: manifest.models },
    });
  } finally {
    await closeServices(services);
  }
}

function inWords(root: string, { manifest, audit, previous }: RestoredBackup): string {
  return [
    `${root}: ${manifest.files.length} files of ${manifest.createdAt}, audit log intact with ${audit.rows} rows`,
    ...(manifest.models
      ? []
      : ['Model files were not in this backup: import or train them again where they are listed.']),
    ...(previous === undefined ? [] : [`The home that was there is now ${previous}`]),
  ].join('\n');
}
