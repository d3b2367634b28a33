import { setTimeout as sleep } from 'node:timers/promises';
import type { Work } from '../../runtime/progress.ts';
import type { Reader } from '../changes/change-kind.ts';
import { isPending } from './activation-change.ts';
import type { Activation } from './papi-shapes.ts';
import { type PropertyReference, readActivation } from './property-reads.ts';

/** Akamai asks not to poll an activation more often; staging takes about 3 minutes, production about 15. */
const pollSeconds = 30;

/** Reads an activation until it is no longer pending. */
export async function watchActivation(
  reader: Reader,
  property: PropertyReference,
  activationId: string,
  { report, signal }: Work,
  secondsBetween = pollSeconds,
): Promise<Activation> {
  for (let reads = 1; ; reads++) {
    const activation = await readActivation(reader, property, activationId);
    report({ stage: `activation on ${activation.network}`, done: reads, unit: 'requests', note: activation.status });
    if (!isPending(activation)) return activation;
    await sleep(secondsBetween * 1000, undefined, { signal });
  }
}
