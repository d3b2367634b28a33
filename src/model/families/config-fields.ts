import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import type { ModelConfig } from '../model-config.ts';

export const count = z.int().positive();
/** Far above any model: a larger number is a damaged or a hostile file. */
export const layerCount = count.max(10_000);
const tokenId = z.int().nonnegative();

/** Fields of `config.json` that all families have. */
export const sharedFields = {
  vocab_size: count,
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: tokenId.nullish(),
};

interface RawTokenIds {
  bos_token_id?: number | null | undefined;
  eos_token_id?: number | number[] | null | undefined;
  pad_token_id?: number | null | undefined;
}

export function tokenIds(raw: RawTokenIds): Pick<ModelConfig, 'bosTokenId' | 'eosTokenIds' | 'padTokenId'> {
  const eos = raw.eos_token_id ?? [];
  return {
    ...(raw.bos_token_id == null ? {} : { bosTokenId: raw.bos_token_id }),
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    ...(raw.pad_token_id == null ? {} : { padTokenId: raw.pad_token_id }),
  };
}

export function wholeHeadDim(width: number, heads: number, field: string): number {
  if (width % heads === 0) return width / heads;
  throw new FtsError('invalid-input', `The width ${width} does not divide among ${heads} heads.`, {
    field,
    value: heads,
    remedy: 'Use a number of heads that divides the width.',
  });
}
