import type { Claim } from '../claim.ts';

/** Fine-tuning and the edge. */
export const adaptationClaims: readonly Claim[] = [
  {
    id: 'lora-share',
    kind: 'derived',
    says: 'LoRA trains 0.1 to 1 percent of the parameters.',
    shown: '0.1 to 1 percent',
    unit: '%',
    holds: { from: 0.1, to: 1 },
    how: 'rank 16 on every matrix of Llama 3.1 8B',
  },
  {
    id: 'lora-adapter-size',
    kind: 'derived',
    says: 'An adapter is a file of 10 to 100 MB.',
    shown: '10 to 100 MB',
    unit: 'MB',
    holds: { from: 10, to: 100 },
    how: 'the same in 16 bits',
  },
  {
    id: 'qlora-base-size',
    kind: 'derived',
    says: 'QLoRA holds the frozen base in 4 bits: an 8 B model in under 7 GB.',
    shown: 'under 7 GB',
    unit: 'GB',
    holds: { from: 4, to: 7 },
    how: 'NF4 in the layers, 16 bits in embedding and head',
  },
  {
    id: 'round-trip',
    kind: 'derived',
    says: 'A round trip to a distant data center takes 50 to 200 ms before any work is done.',
    shown: '50 to 200 ms',
    unit: 'ms',
    holds: { from: 50, to: 200 },
    how: 'light in fiber, 200 km per millisecond, to a region 10,000 km away and back',
  },
];
