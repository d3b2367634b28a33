import { describe, expect, it } from 'vitest';
import { operatorControlTokens } from './chat-template.ts';
import { generateOperatorDataset, operatorExample } from './dataset.ts';
import { operatorGrammar, splitOf } from './grammar/grammar.ts';
import { operatorOperationNames, operatorOperations } from './operations.ts';
import { scoreOperator } from './score.ts';
import { decodeOperatorAnswer } from './slot-codec.ts';

const size = { seed: 3, trainExamples: 3000, validationExamples: 300, testExamples: 600 };

describe('generateOperatorDataset', () => {
  const dataset = generateOperatorDataset(size);

  it('is the same for the same seed and another for another', () => {
    const few = { ...size, trainExamples: 50, validationExamples: 10, testExamples: 10 };
    expect(generateOperatorDataset(few)).toEqual(generateOperatorDataset(few));
    expect(generateOperatorDataset(few)).not.toEqual(generateOperatorDataset({ ...few, seed: 4 }));
  });

  it('asks for every operation, with arguments that its schema accepts', () => {
    const seen = new Set(dataset.train.map(({ proposal }) => proposal.operation));
    expect([...seen].sort()).toEqual([...operatorOperationNames].sort());
    for (const { proposal, request } of [...dataset.train, ...dataset.test]) {
      const checked = operatorOperations[proposal.operation].schema.safeParse(proposal.arguments);
      expect(checked.success, `${request}: ${JSON.stringify(proposal)}`).toBe(true);
    }
  });

  it('has completions that decode to the proposal', () => {
    const predictions = [...dataset.validation, ...dataset.train].map(({ request, proposal }) => ({
      expected: proposal,
      answer: decodeOperatorAnswer(
        request,
        operatorExample(request, proposal).completion!.replace(operatorControlTokens.end, ''),
      ),
    }));
    const score = scoreOperator(predictions);
    expect(score).toMatchObject({ exactMatch: 1, argumentMatch: 1, refusalRate: 1, falseRefusalRate: 0 });
  });

  it('finds the values of nearly all test requests', () => {
    const missed = dataset.test.filter(({ completion }) => completion === undefined);
    expect(missed.length / dataset.test.length).toBeLessThan(0.02);
  });

  it('keeps whole phrases out of training', () => {
    for (const entry of operatorGrammar.entries) {
      const splits = new Set(
        operatorGrammar.entries
          .filter(({ operation }) => operation === entry.operation)
          .flatMap(({ commands, others = [] }) => [...commands, ...others])
          .map((phrase) => splitOf(entry.operation, phrase)),
      );
      expect([...splits].sort(), entry.operation).toEqual(['test', 'train', 'validation']);
    }
  });
});
