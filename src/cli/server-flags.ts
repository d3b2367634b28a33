import type { Command } from 'commander';
import type { SettingKey } from '../config/settings.ts';

/** `--host` and `--port`, which win over file and environment. */
export function addServerFlags(command: Command): Command {
  return command
    .option('--host <address>', 'Address to bind (setting server.host)')
    .option('--port <n>', 'Port to bind; 0 takes any free one (setting server.port)');
}

export function readServerFlags(options: { host?: string; port?: string }): Partial<Record<SettingKey, unknown>> {
  return {
    ...(options.host === undefined ? {} : { 'server.host': options.host }),
    ...(options.port === undefined ? {} : { 'server.port': options.port }),
  };
}
