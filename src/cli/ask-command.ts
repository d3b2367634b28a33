import { createInterface } from 'node:readline/promises';
import type { ElicitRequest, ElicitResult } from '@modelcontextprotocol/client';
import { Command } from 'commander';
import pc from 'picocolors';
import { ask, type Step, toolsetsFor } from '../assistant/ask.ts';
import { askLimitsOf } from '../assistant/ask-budget.ts';
import { connectToOurselves } from '../assistant/own-client.ts';
import { loadConfig } from '../config/load-config.ts';
import { publicUrl } from '../config/public-url.ts';
import { mayHaveKey } from '../inputs/address.ts';
import { callerOf } from '../mcp/protocol/caller.ts';
import { terminalText, writeJsonResult, writeNote, writeResult } from '../runtime/terminal-output.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { visibleJson, visibleLine, visibleLines, visibleProse } from '../text/visible-text.ts';
import { stopSignal } from './stop-signal.ts';
import { terminalUser } from './terminal-user.ts';

interface AskFlags {
  model?: string;
  url?: string;
}

/** `fts ask "…"`: a model works through our own MCP tools; each step is shown, each change is asked for. */
export function askCommand(version: string): Command {
  return new Command('ask')
    .summary('Ask in plain words; a model works through the tools')
    .description(
      'Lets a model answer a request through the MCP tools, with the same approvals as any assistant. The operator model (the default) proposes one Akamai operation, which is read, or planned for a person to approve; any OpenAI-compatible model with tool calling can do the whole work.',
    )
    .argument('<request...>', 'What you want, in plain words')
    .option('--model <name>', 'Model to ask (setting ask.model; the operator model without it)')
    .option(
      '--url <url>',
      'Its OpenAI-compatible API (setting ask.url; our own server without it); key: $FTS_ASK_KEY, for that setting’s server alone where it is set',
    )
    .addHelpText('after', '\nExample:\n  $ fts ask "which property serves www.example.com"')
    .action(async (words: string[], flags: AskFlags, command: Command) => {
      const json = command.optsWithGlobals().json === true;
      const services = openServices(process.env, {
        ...(flags.model === undefined ? {} : { 'ask.model': flags.model }),
        ...(flags.url === undefined ? {} : { 'ask.url': flags.url }),
      });
      const { 'ask.model': model, 'ask.url': url } = services.config.values;
      const client = await connectToOurselves(services, {
        version,
        toolsets: toolsetsFor(model),
        person: process.stdin.isTTY ? { shows: 'forms', answer: askInTerminal } : undefined,
        caller: callerOf(undefined),
      });
      try {
        const steps: Step[] = [];
        const address = url ?? `${publicUrl(services)}/v1`;
        // Without the flags, which may name any server.
        const { values } = loadConfig({ file: services.home.configFile, environment: process.env, flags: {} });
        const configured = values['ask.url'];
        const key = mayHaveKey(address, configured, { caller: terminalUser(), config: services.config })
          ? process.env.FTS_ASK_KEY
          : undefined;
        const { answer, done } = await ask(words.join(' '), {
          limits: askLimitsOf(services.config.values),
          client,
          model: {
            url: address,
            model,
            ...(key === undefined ? {} : { key }),
          },
          signal: stopSignal(),
          onStep: (step) => {
            steps.push(step);
            if (!json) writeNote(`${inWords(step)}\n`);
          },
        });
        if (!done) process.exitCode = 1;
        if (json) writeJsonResult({ answer, done, steps });
        else writeResult(`${visibleProse(answer)}\n`);
      } finally {
        await client.close();
        await closeServices(services);
      }
    });
}

function inWords(step: Step): string {
  if (step.kind === 'result') {
    const text = visibleLine(step.text.replaceAll(/\s+/g, ' ').slice(0, 160));
    return step.failed ? pc.red(`  ✗ ${text}`) : pc.dim(`  ${text}`);
  }
  if (step.kind === 'approval') return `${pc.yellow('?')} ${visibleLines(step.message)}\n  ${visibleLine(step.url)}`;
  const name = step.kind === 'call' ? step.tool : `proposal ${step.operation}`;
  return `${pc.cyan('→')} ${visibleLine(name)} ${pc.dim(visibleJson(step.arguments))}`;
}

/** The server's form as questions in the terminal: the person who asks is the person who decides. */
async function askInTerminal(params: ElicitRequest['params']): Promise<ElicitResult> {
  if (params.mode === 'url') return { action: 'cancel' };
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    writeNote(`\n${visibleLines(params.message)}\n\n`);
    const content: Record<string, string | number | boolean> = {};
    const required = params.requestedSchema.required ?? [];
    for (const [name, field] of Object.entries(params.requestedSchema.properties)) {
      const choices =
        'enum' in field ? ` (${(field.enum as string[]).join(' / ')})` : field.type === 'boolean' ? ' (yes / no)' : '';
      const given = (
        await lines.question(terminalText(visibleLine(`${field.title ?? field.description ?? name}${choices}: `)))
      ).trim();
      if (given === '') {
        if (required.includes(name)) return { action: 'cancel' };
        continue;
      }
      content[name] =
        field.type === 'boolean'
          ? /^y(es)?$/i.test(given)
          : field.type === 'string' || field.type === 'array'
            ? given
            : Number(given);
    }
    return { action: 'accept', content };
  } finally {
    lines.close();
  }
}
