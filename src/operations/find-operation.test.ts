import { expect, expectTypeOf, it } from 'vitest';
import { callOperation } from './call-operation.ts';
import {
  findOperation,
  type InputOfNamed,
  type JobName,
  type OperationName,
  type OutputOfNamed,
  operations,
} from './find-operation.ts';
import type { Operation } from './operation.ts';

it('lists each operation once, a verb before its parts', () => {
  const names = operations.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.indexOf('plan')).toBeLessThan(names.indexOf('plan.cost'));
  for (const name of names) expect(findOperation(name).name).toBe(name);
  expect(() => findOperation('models.lst')).toThrow(/No operation "models.lst"/);
});

it('knows the types of an operation by its name', () => {
  expectTypeOf(findOperation('keys.revoke').name).toEqualTypeOf<'keys.revoke'>();
  expectTypeOf<InputOfNamed<'keys.revoke'>>().toEqualTypeOf<{ name: string }>();
  expectTypeOf<OutputOfNamed<'config'>['home']>().toEqualTypeOf<string>();
  expectTypeOf<'train'>().toExtend<JobName>();
  expectTypeOf<'jobs.list'>().not.toExtend<JobName>();
  expectTypeOf<'jobs.lst'>().not.toExtend<OperationName>();
  expectTypeOf(callOperation<Operation>).returns.resolves.toBeUnknown();
});
