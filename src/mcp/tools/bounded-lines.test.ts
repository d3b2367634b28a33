import { expect, it } from 'vitest';
import { BoundedLines } from './bounded-lines.ts';

it('passes lines on whole, wherever the chunks end, and leaves out those that are too long', async () => {
  let refused = 0;
  const lines = new BoundedLines(10, () => refused++);
  for (const chunk of ['one\ntw', 'o\n', 'far too long for us', ', still\nthree\nfour four!', '!\nend\n'])
    lines.write(chunk);
  lines.end();
  let passed = '';
  for await (const chunk of lines) passed += String(chunk);
  expect(passed).toBe('one\ntwo\nthree\nend\n');
  expect(refused).toBe(2);
});
