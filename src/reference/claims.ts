import type { Claim } from './claim.ts';
import { adaptationClaims } from './claims/adaptation-claims.ts';
import { servingClaims } from './claims/serving-claims.ts';
import { sizeClaims } from './claims/size-claims.ts';
import { trainingClaims } from './claims/training-claims.ts';

/** Every figure on the reference pages; pages may state no others. */
export const claims: readonly Claim[] = [...trainingClaims, ...servingClaims, ...sizeClaims, ...adaptationClaims];
