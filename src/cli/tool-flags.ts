import type { Command } from 'commander';
import type { SettingKey } from '../config/settings.ts';
import { toolsetNames, toolsets } from '../mcp/tools/toolsets.ts';

export interface ToolFlags {
  toolsets?: string;
  tools?: string;
  readOnly?: boolean;
}

/** `--toolsets`, `--tools` and `--read-only`: what assistants are offered. A client's headers can only narrow it. */
export function addToolFlags(command: Command): Command {
  const about = toolsetNames.map((name) => `  ${name.padEnd(17)}${toolsets[name].about}`).join('\n');
  return command
    .option('--toolsets <names>', 'Toolsets for assistants, with commas: default, all, or those below')
    .option('--tools <names>', 'Single tools for assistants, with commas: beside --toolsets, or alone')
    .option('--read-only', 'Offer assistants only tools that change nothing')
    .addHelpText('after', `\nToolsets:\n${about}`);
}

export function readToolFlags({ toolsets, tools, readOnly }: ToolFlags): Partial<Record<SettingKey, unknown>> {
  return {
    ...(toolsets === undefined ? {} : { 'mcp.toolsets': toolsets }),
    ...(tools === undefined ? {} : { 'mcp.tools': tools }),
    ...(readOnly === true ? { 'mcp.read-only': true } : {}),
  };
}
