import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import type { AskPerson, Form } from '../operations/ask-person.ts';
import { terminalText } from '../runtime/terminal-output.ts';
import { visibleLine, visibleLines } from '../text/visible-text.ts';

const fieldSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  description: z.string().optional(),
});
const fieldsSchema = z.looseObject({ properties: z.record(z.string(), fieldSchema) });

/**
 * How a person at this terminal is asked: undefined where input or output is no terminal, so that neither a pipe nor a
 * program's child process can answer for them.
 */
export function terminalPerson(input: NodeJS.ReadStream, output: NodeJS.WriteStream): AskPerson | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (form: Form) => {
    const questions = createInterface({ input, output });
    try {
      output.write(terminalText(`${visibleLines(form.message)}\n\n`));
      const values: Record<string, unknown> = {};
      const { properties } = fieldsSchema.parse(z.toJSONSchema(form.fields, { io: 'input' }));
      for (const [name, field] of Object.entries(properties)) {
        const choices = field.enum ?? (field.type === 'boolean' ? ['yes', 'no'] : undefined);
        const hint = choices === undefined ? '' : ` (${choices.join(' / ')})`;
        const answer = (
          await questions.question(terminalText(visibleLine(`${field.description ?? name}${hint}: `)))
        ).trim();
        if (answer !== '') values[name] = field.type === 'boolean' ? answer.toLowerCase() === 'yes' : answer;
      }
      const word = form.digest.slice(0, 6);
      const typed = (await questions.question(`Type ${word} to confirm, anything else to stop: `)).trim();
      if (typed !== word) return { action: 'cancel' };
      return { action: 'accept', values, person: userInfo().username };
    } finally {
      questions.close();
    }
  };
}
