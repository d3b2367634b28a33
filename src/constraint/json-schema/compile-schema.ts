import { FtsError } from '../../errors/fts-error.ts';
import type { Whitespace } from '../lexer.ts';
import { LIMITS, tooComplex } from '../limits.ts';
import { Pushdown } from '../pushdown.ts';
import type { Workshop } from '../workshop.ts';
import { JsonFrames } from './json-frames.ts';
import { SchemaReader } from './schema-node.ts';
import { type ValueState, ValueStates } from './value-states.ts';

/**
 * The automaton of all JSON texts that satisfy a schema. Errors: `invalid-input` that names keyword, place and remedy, for
 * a schema that it cannot decide, that nothing satisfies, or that would take too much time or memory.
 */
export function compileSchema(schema: unknown, workshop: Workshop, whitespace: Whitespace = 'bounded'): Pushdown {
  const { lexer, numbers } = workshop;
  const { languages } = lexer;
  languages.allow(LIMITS.compileWork);
  try {
    const reader = new SchemaReader(schema, languages, numbers);
    const states = new ValueStates(workshop.compiled++, languages, numbers, reader);
    const root = states.state([{ node: reader.root, positive: true }]);
    if (!states.isAlive(root)) {
      throw new FtsError('invalid-input', 'The JSON schema contradicts itself: no value satisfies it.', {
        field: 'schema',
        remedy: 'Look for a property that is required and forbidden, a least above a most, or an empty enum.',
      });
    }
    explore(states, root);
    const frames = new JsonFrames(states, lexer, whitespace);
    return new Pushdown(lexer, (emit, parents) => frames.value(root, emit, parents, true));
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex('it is nested too deeply');
    throw error;
  }
}

/** Opens every state that a text can lead to, so that what is refused is refused before the first token. */
function explore(states: ValueStates, root: ValueState): void {
  const found = new Set([root]);
  for (const state of found) {
    for (const shape of states.arrays(state)) {
      if (!shape.isAlive()) continue;
      shape.checkUnique();
      for (const next of shape.reachable()) if (states.isAlive(next)) found.add(next);
    }
    for (const shape of states.objects(state)) {
      if (!shape.isAlive()) continue;
      for (const next of shape.reachable()) if (states.isAlive(next)) found.add(next);
    }
  }
}
