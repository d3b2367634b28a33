import type { Command } from 'commander';
import type { SettingKey } from '../config/settings.ts';
import { addToolFlags, readToolFlags, type ToolFlags } from './tool-flags.ts';

export interface ServerFlags extends ToolFlags {
  host?: string;
  port?: string;
  upstream?: string;
}

/** `--host`, `--port`, `--upstream` and what assistants are offered; they win over file and environment. */
export function addServerFlags(command: Command): Command {
  command
    .option('--host <address>', 'Address to bind (setting server.host)')
    .option('--port <n>', 'Port to bind; 0 takes any free one (setting server.port)')
    .option('--upstream <url>', 'Put Ollama, vLLM or another server behind the model APIs (setting serve.upstream)');
  return addToolFlags(command);
}

export function readServerFlags(options: ServerFlags): Partial<Record<SettingKey, unknown>> {
  return {
    ...(options.host === undefined ? {} : { 'server.host': options.host }),
    ...(options.port === undefined ? {} : { 'server.port': options.port }),
    ...(options.upstream === undefined ? {} : { 'serve.upstream': options.upstream }),
    ...readToolFlags(options),
  };
}
