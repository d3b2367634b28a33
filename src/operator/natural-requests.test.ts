import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operatorExample } from './dataset.ts';
import { type OperatorProposal, operatorOperations } from './operations.ts';
import { scoreOperator } from './score.ts';
import { decodeOperatorAnswer } from './slot-codec.ts';

/** Written by hand, not by the grammar: what the slots must be able to carry, whatever the model makes of it. */
const natural = readFileSync(new URL('./fixtures/natural-requests.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [request = '', expected = ''] = line.split(' => ');
    const [operation = '', json = ''] = [expected.split(' ', 1)[0], expected.slice(expected.indexOf(' ') + 1)];
    return { request, proposal: { operation, arguments: JSON.parse(json) } as OperatorProposal };
  });

describe('natural requests', () => {
  it('expect proposals that their schemas accept', () => {
    for (const { request, proposal } of natural) {
      const { success } = operatorOperations[proposal.operation].schema.safeParse(proposal.arguments);
      expect(success, request).toBe(true);
    }
  });

  it('have every value in a slot', () => {
    const missed = natural.filter(
      ({ request, proposal }) => operatorExample(request, proposal).completion === undefined,
    );
    expect(missed).toEqual([]);
  });

  it('come back whole from their completions', () => {
    const predictions = natural.map(({ request, proposal }) => ({
      expected: proposal,
      answer: decodeOperatorAnswer(request, operatorExample(request, proposal).completion!.replace('<|end|>', '')),
    }));
    expect(scoreOperator(predictions).exactMatch).toBe(1);
  });
});
