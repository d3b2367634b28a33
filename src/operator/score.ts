import { isDeepStrictEqual } from 'node:util';
import { type OperatorOperationName, type OperatorProposal, parseOperatorProposal } from './operations.ts';

/** What the model answered to one request, its slots already put back. */
export interface OperatorPrediction {
  expected: OperatorProposal;
  answer: string;
}

export interface OperatorOperationScore {
  examples: number;
  exactMatch: number;
  operationMatch: number;
}

/** Shares between 0 and 1; a share of nothing is 1. */
export interface OperatorScore {
  examples: number;
  /** The whole proposal is right: operation and all arguments, none missing, none added. */
  exactMatch: number;
  /** The operation is right. */
  operationMatch: number;
  /** Of all arguments expected or proposed, those that are right in name and value. */
  argumentMatch: number;
  /** Of the requests that nothing fits, those answered with `none`. */
  refusalRate: number;
  /** Of the requests that something fits, those answered with `none`. */
  falseRefusalRate: number;
  /** Answers that are a proposal by schema, right or wrong. */
  validRate: number;
  byOperation: Partial<Record<OperatorOperationName, OperatorOperationScore>>;
}

/** Scores answers against what was asked for. Order of keys and white space in the JSON do not count. */
export function scoreOperator(predictions: readonly OperatorPrediction[]): OperatorScore {
  const judged = predictions.map(judge);
  const offered = judged.filter(({ expected }) => expected !== 'none');
  const outOfScope = judged.filter(({ expected }) => expected === 'none');
  const byOperation: OperatorScore['byOperation'] = {};
  for (const operation of [...new Set(judged.map(({ expected }) => expected))].sort()) {
    const own = judged.filter(({ expected }) => expected === operation);
    byOperation[operation] = {
      examples: own.length,
      exactMatch: share(own, ({ exact }) => exact),
      operationMatch: share(own, ({ sameOperation }) => sameOperation),
    };
  }
  const rightArguments = judged.reduce((sum, { right }) => sum + right, 0);
  const allArguments = judged.reduce((sum, { union }) => sum + union, 0);
  return {
    examples: judged.length,
    exactMatch: share(judged, ({ exact }) => exact),
    operationMatch: share(judged, ({ sameOperation }) => sameOperation),
    argumentMatch: allArguments === 0 ? 1 : rightArguments / allArguments,
    refusalRate: share(outOfScope, ({ proposed }) => proposed === 'none'),
    falseRefusalRate: offered.length === 0 ? 0 : share(offered, ({ proposed }) => proposed === 'none'),
    validRate: share(judged, ({ proposed }) => proposed !== undefined),
    byOperation,
  };
}

function judge({ expected, answer }: OperatorPrediction) {
  const proposal = parseOperatorProposal(answer);
  const wanted = expected.arguments;
  const given = proposal?.arguments ?? {};
  const names = new Set([...Object.keys(wanted), ...Object.keys(given)]);
  const sameOperation = proposal?.operation === expected.operation;
  const right = [...names].filter((name) => name in wanted && isDeepStrictEqual(wanted[name], given[name])).length;
  return {
    expected: expected.operation,
    proposed: proposal?.operation,
    sameOperation,
    exact: sameOperation && right === names.size,
    right,
    union: names.size,
  };
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.length === 0 ? 1 : items.filter(holds).length / items.length;
}
