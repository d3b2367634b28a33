import type { ChangeKind } from './changes/change-kind.ts';
import { dnsRecord } from './dns/record-change.ts';
import { edgeKvItem } from './edgekv/item-change.ts';
import { edgeWorkerActivation } from './edgeworkers/activation-change.ts';
import { edgeWorkerVersion } from './edgeworkers/version-change.ts';
import { includeActivation, propertyActivation } from './properties/activation-change.ts';
import { propertyRules } from './properties/rules-change.ts';
import { propertyVersion } from './properties/version-change.ts';
import { cachePurge } from './purge/purge-change.ts';

/** Every write that we know well; all others are handled by what the catalogue alone says of them. */
export const changeKinds: readonly ChangeKind[] = [
  propertyVersion,
  propertyRules,
  propertyActivation,
  includeActivation,
  cachePurge,
  edgeWorkerVersion,
  edgeWorkerActivation,
  edgeKvItem,
  dnsRecord,
];
