import type { Network } from '../network.ts';
import type { Gate } from './change-kind.ts';

/**
 * The rule for every activation: a version reaches production after the same version is active on staging, or after an
 * approver overrides that. Undefined where the rule does not apply. `onStaging` is null where nothing is active there.
 */
export function stagingGate(
  network: Network,
  version: string | number,
  onStaging: string | number | null,
): Gate | undefined {
  if (network !== 'PRODUCTION') return undefined;
  if (onStaging === version) return gate(true, `Version ${version} is active on staging.`);
  const active = onStaging === null ? 'nothing' : `version ${onStaging}`;
  return gate(false, `Version ${version} is not active on staging (${active} is).`);
}

/** For an activation of which nothing says what is active on staging: a person has to know. */
export function unknownStagingGate(): Gate {
  return gate(false, 'It cannot be told for this API whether the same version is active on staging.');
}

function gate(met: boolean, explanation: string): Gate {
  return { name: 'same-version-active-on-staging', met, explanation };
}
