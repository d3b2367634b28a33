import type { Argument, Command, Option } from 'commander';
import { commandLine } from '../../src/cli/command-line.ts';
import { exitCodeMeanings } from '../../src/cli/exit-codes.ts';
import { code, page, prose, table } from './markdown.ts';

export function cliPage(): string {
  const program = commandLine('');
  return page('Command line', [
    'Every command takes `--help`. The words of a command may be joined or apart: `fts akamai plans-show ID` is `fts akamai plans show ID`.',
    '## For every command',
    optionTable(program.options),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      Object.entries(exitCodeMeanings).map(([number, meaning]) => [number, meaning]),
    ),
    ...shown(program).flatMap((command) => sections(command, ['fts'])),
  ]);
}

/** A command, and below it its own commands. */
function sections(command: Command, above: readonly string[]): string[] {
  const words = [...above, command.name()];
  const { registeredArguments, options } = command;
  return [
    `${above.length === 1 ? '##' : '###'} ${words.join(' ')}`,
    prose(command.description()),
    registeredArguments.length === 0 ? '' : argumentTable(registeredArguments),
    options.length === 0 ? '' : optionTable(options),
    afterHelp(command),
    ...shown(command).flatMap((inner) => sections(inner, words)),
  ];
}

const shown = (command: Command): Command[] => command.createHelp().visibleCommands(command).filter(isOurs);
/** Not `help`, which the library adds to every group. */
const isOurs = (command: Command): boolean => command.name() !== 'help';

function argumentTable(given: readonly Argument[]): string {
  return table(
    ['word', 'meaning'],
    given.map((argument) => {
      const dots = argument.variadic ? '...' : '';
      const name = `${argument.name()}${dots}`;
      return [code(argument.required ? `<${name}>` : `[${name}]`), prose(argument.description)];
    }),
  );
}

function optionTable(options: readonly Option[]): string {
  return table(
    ['flag', 'meaning'],
    options.map((option) => {
      const choices = option.argChoices === undefined ? '' : `one of ${option.argChoices.map(code).join(', ')}`;
      return [code(option.flags), [prose(option.description), choices].filter(Boolean).join('; ')];
    }),
  );
}

/** What its help says after the flags: the example, and for some the toolsets. */
function afterHelp(command: Command): string {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => written.push(text) }).outputHelp();
  const text = written.slice(1).join('');
  return text === '' ? '' : ['```', text.trim(), '```'].join('\n');
}
