import { describe, expect, it } from 'vitest';
import { stagingGate, unknownStagingGate } from './staging-gate.ts';

describe('the staging gate', () => {
  it('does not apply to staging', () => {
    expect(stagingGate('STAGING', 3, null)).toBeUndefined();
  });

  it.each([
    [3, 3, true, 'Version 3 is active on staging.'],
    [3, 2, false, 'Version 3 is not active on staging (version 2 is).'],
    [3, null, false, 'Version 3 is not active on staging (nothing is).'],
    ['1.10', '1.1', false, 'Version 1.10 is not active on staging (version 1.1 is).'],
  ])('for version %s on production with %s on staging: met %s', (version, onStaging, met, explanation) => {
    expect(stagingGate('PRODUCTION', version, onStaging)).toEqual({
      name: 'same-version-active-on-staging',
      met,
      explanation,
    });
  });

  it('is not met where nobody can tell', () => {
    expect(unknownStagingGate().met).toBe(false);
  });
});
