import { Command } from 'commander';
import { operations } from '../operations/find-operation.ts';
import type { Operation } from '../operations/operation.ts';
import type { Services } from '../services/context.ts';
import { closeServices, openServices } from '../services/open-services.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { addOperationFlags, addOperationWords } from './operation-flags.ts';
import { runOperation } from './run-operation.ts';

/** The verbs of `fts --help`, in the order of a model's life and then of daily use; any other comes after them. */
const verbs = [
  'plan',
  'train',
  'quantize',
  'evaluate',
  'deploy',
  'serve',
  'benchmark',
  'akamai',
  'models',
  'runs',
  'jobs',
  'mcp',
  'up',
  'config',
  'doctor',
  'ask',
  'restore',
  'reference',
  'deployments',
  'audit',
  'approvers',
  'keys',
  'backup',
];

const groupDescriptions: Record<string, string> = {
  akamai: 'Find, read and change anything on Akamai; changes need a person’s approval',
  models: 'Models, their artifacts and the names they are served under',
  deployments: 'Names under which artifacts are served: take one out of service',
  runs: 'Training runs and their curves',
  approvers: 'The people whose signature approves changes: enrol, list, remove',
  keys: 'Keys for programs and assistants: scopes, expiry, revocation',
  jobs: 'Long-running work: follow, cancel, resume',
  reference: 'Pages on training, inference and the edge, with figures that verify themselves',
  audit: 'The record of what was changed, read on Akamai, or refused: list, verify, export',
};

/** The command line: one command per operation, made from its record, plus the commands that are faces themselves. */
export function createProgram(version: string, faces: readonly Command[]): Command {
  const program = new Command('fts')
    .description('Operate Akamai, and take a language model through its whole life.')
    .option('--json', 'Print the result as JSON')
    .option('--verbose', 'Show the stack of an error')
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `\nExit codes: ${exitCodesInWords()}.\nState lives in $FTS_HOME (default ~/.fts).\n\nThis is version ${version} (fts --version).`,
    );
  const commands = new Map<string, Command>(faces.map((face) => [face.name(), face]));
  for (const operation of operations) if (operation.consoleOnly !== true) addOperation(commands, operation);
  const order = [...verbs, ...[...commands.keys()].filter((name) => !verbs.includes(name))];
  for (const verb of order) {
    const command = commands.get(verb);
    if (command !== undefined) program.addCommand(command, { hidden: command.name().startsWith('_') });
  }
  return program;
}

/** In two lines. */
function exitCodesInWords(): string {
  const meanings = Object.entries(exitCodeMeanings).map(([code, meaning]) => `${code} ${meaning}`);
  return `${meanings.slice(0, 5).join(', ')},\n${meanings.slice(5).join(', ')}`;
}

/** `akamai.property.find` is the command `property-find` of the group `akamai`. */
function commandWords(operation: string): [string, string?] {
  const [first = operation, ...rest] = operation.split('.');
  return rest.length === 0 ? [first] : [first, rest.join('-')];
}

/** `fts akamai plans show ID` is `fts akamai plans-show ID`: people type the words of an operation's name apart. */
export function joinWords(argv: readonly string[], program: Command): string[] {
  const start = argv.findIndex((word) => !word.startsWith('-'));
  const group = program.commands.find((command) => command.name() === argv[start]);
  const rest = argv.slice(start + 1);
  for (const count of [3, 2]) {
    const joined = rest.slice(0, count).join('-');
    if (rest.length >= count && group?.commands.some((command) => command.name() === joined) === true)
      return [...argv.slice(0, start + 1), joined, ...rest.slice(count)];
  }
  return [...argv];
}

/** Verbs that may say what they work on: `fts benchmark serve MODEL` is `fts benchmark MODEL`. */
const objectOf: Record<string, string> = { benchmark: 'serve' };

function addOperation(commands: Map<string, Command>, operation: Operation): void {
  const [first, second] = commandWords(operation.name);
  const command = new Command(second ?? first);
  command
    .description(inCommands(operation.description))
    .summary(operation.title)
    .addHelpText('after', `\nExample:\n  $ ${operation.example}`);
  addOperationFlags(command, operation);
  command.option('--input <file>', 'Take the input from a JSON or YAML file; flags win over it');
  runs(command, operation);
  const object = objectOf[operation.name];
  if (object !== undefined) {
    const same = new Command(object).description('The same, said in full');
    // The flags are the verb's, which reads them wherever they stand.
    addOperationWords(same, operation);
    command.helpCommand(false).addCommand(runs(same, operation));
  }
  if (second === undefined) {
    commands.set(first, command);
    return;
  }
  const group = commands.get(first) ?? new Command(first).description(groupDescriptions[first] ?? first);
  group.addCommand(command);
  commands.set(first, group);
}

function runs(command: Command, operation: Operation): Command {
  return command.action(async () => {
    const services: Services = openServices(process.env, {});
    try {
      await runOperation(operation, command, services);
    } finally {
      await closeServices(services);
    }
  });
}

/** Descriptions speak of operations (`jobs.show`); a reader in a terminal knows them as commands (`fts jobs show`). */
function inCommands(text: string): string {
  return text.replaceAll(/`([a-z]+(?:\.[a-z]+)+)`/g, (_, name: string) => `\`fts ${commandWords(name).join(' ')}\``);
}
