import { describe, expect, it } from 'vitest';
import { compileConstraint } from '../../constraint/compile-constraint.ts';
import { acceptsText } from '../../constraint/matcher.ts';
import { newWorkshop } from '../../constraint/workshop.ts';
import { toolConstraint } from './generation-request.ts';

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'move',
      parameters: {
        type: 'object',
        properties: { to: { $ref: '#/$defs/place' } },
        required: ['to'],
        additionalProperties: false,
        $defs: { place: { enum: ['here', 'there'] } },
      },
    },
  },
  { type: 'function' as const, function: { name: 'stop' } },
];

function accepts(choice: 'required' | { name: string }, call: object): boolean {
  return acceptsText(compileConstraint(toolConstraint(tools, choice)!, newWorkshop()), JSON.stringify(call));
}

describe('the constraint of a forced tool call', () => {
  it('pairs each name with the schema of its arguments, including references inside it', () => {
    expect(accepts('required', { name: 'move', arguments: { to: 'there' } })).toBe(true);
    expect(accepts('required', { name: 'move', arguments: { to: 'nowhere' } })).toBe(false);
    expect(accepts('required', { name: 'stop', arguments: { to: 1 } })).toBe(true);
    expect(accepts('required', { name: 'fly', arguments: {} })).toBe(false);
  });

  it('allows the named tool only', () => {
    expect(accepts({ name: 'move' }, { name: 'stop', arguments: {} })).toBe(false);
    expect(toolConstraint(tools, 'auto')).toBeUndefined();
  });
});
