import type { Claim } from './claim.ts';
import { adaptationClaims } from './claims/adaptation-claims.ts';
import { servingClaims } from './claims/serving-claims.ts';
import { sizeClaims } from './claims/size-claims.ts';
import { trainingClaims } from './claims/training-claims.ts';

/** Every figure on the reference pages. A page may state no other. */
export const claims: readonly Claim[] = [...trainingClaims, ...servingClaims, ...sizeClaims, ...adaptationClaims];
