import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileSchema } from '../../src/constraint/json-schema/compile-schema.ts';
import { acceptsText } from '../../src/constraint/matcher.ts';
import { isWornOut, newWorkshop } from '../../src/constraint/workshop.ts';
import { FtsError } from '../../src/errors/fts-error.ts';

interface Group {
  schema: unknown;
  tests: { data: unknown; valid: boolean }[];
}

export interface SuiteTally {
  tests: number;
  passed: number;
  falseAccepts: number;
  falseRejects: number;
}

/**
 * Runs the mandatory tests of draft 2020-12 in a checkout of JSON-Schema-Test-Suite. A schema that is refused fails all its
 * tests; one that is refused because nothing satisfies it passes those whose instance is invalid.
 */
export function runSchemaSuite(checkout: string): SuiteTally {
  const folder = join(checkout, 'tests', 'draft2020-12');
  const tally: SuiteTally = { tests: 0, passed: 0, falseAccepts: 0, falseRejects: 0 };
  let workshop = newWorkshop();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    for (const { schema, tests } of JSON.parse(readFileSync(join(folder, file), 'utf8')) as Group[]) {
      if (isWornOut(workshop)) workshop = newWorkshop();
      const accepts = judge(schema, workshop);
      for (const { data, valid } of tests) {
        tally.tests++;
        const accepted = accepts?.(JSON.stringify(data));
        if (accepted === valid) tally.passed++;
        else if (accepted === true) tally.falseAccepts++;
        else if (accepted === false) tally.falseRejects++;
      }
    }
  }
  return tally;
}

function judge(schema: unknown, workshop: ReturnType<typeof newWorkshop>): ((text: string) => boolean) | undefined {
  try {
    const machine = compileSchema(schema, workshop);
    return (text) => acceptsText(machine, text);
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    return error.message.includes('contradicts itself') ? () => false : undefined;
  }
}
