import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { terminalText } from './terminal-output.ts';

it('lets only our own styles, line breaks and tabs through to a terminal', () => {
  expect(terminalText('\x1b[1mbold\x1b[22m\n\t\x1b[31mred\x1b[39m')).toBe('\x1b[1mbold\x1b[22m\n\t\x1b[31mred\x1b[39m');
  expect(terminalText('a\x1b[2Jb\x1b[8mc\x1b]0;title\x07d\re\u202ef')).toBe(
    'a⟨U+001B⟩[2Jb⟨U+001B⟩[8mc⟨U+001B⟩]0;title⟨U+0007⟩d⟨U+000D⟩e⟨U+202E⟩f',
  );
});

/** The files that name a standard stream, and what for. */
const streamUsers: Record<string, string> = {
  'runtime/terminal-output.ts': 'the one way to it',
  'mcp/protocol/serve-stdin.ts': 'JSON-RPC messages for a program',
  'cli/main.ts': 'ends quietly when a reader has gone',
  'cli/print-result.ts': 'asks how wide the terminal is',
  'cli/progress-line.ts': 'moves its own line, of visible parts',
  'cli/run-operation.ts': 'hands the terminal to the questions',
  'cli/ask-command.ts': 'hands the terminal to the questions',
};

it('is the one way to the terminal', () => {
  const source = new URL('..', import.meta.url).pathname;
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts') && !name.startsWith('console/app/'))
    .filter((name) =>
      /process\.std(out|err)|console\.(log|error|warn|info)\(|destination\(/.test(
        readFileSync(join(source, name), 'utf8'),
      ),
    );
  expect(found.filter((name) => streamUsers[name] === undefined)).toEqual([]);
});
