import type { LlamaContext } from '../llama/context.ts';
import type { IdlePlace } from './kv-cache.ts';
import type { PlannedRows } from './step-plan.ts';

/** A row of the batch whose logits are sampled. */
interface OutputRow {
  row: number;
  /** The guess that this row's sample has to equal for the next row to count. */
  expected: number | undefined;
}

export interface PackedRows extends PlannedRows {
  outputs: OutputRow[];
}

/**
 * Writes the planned tokens into the batch, in the order of their sequences: with a stream for each, llama.cpp computes
 * together only what stands in that order. The last row of each generation, and every guess, asks for logits. `fillers`
 * get a row behind what they keep, which means nothing and has to be forgotten after.
 */
export function packBatch(
  context: LlamaContext,
  plan: readonly PlannedRows[],
  fillers: readonly IdlePlace[],
): PackedRows[] {
  context.clearBatch();
  const packed: PackedRows[] = [];
  const places = [
    ...plan.map((planned) => ({
      id: planned.generation.sequence!.id,
      pack: () => packed.push(pack(context, planned)),
    })),
    ...fillers.map((place) => ({ id: place.id, pack: () => fill(context, place) })),
  ];
  for (const place of places.sort((a, b) => a.id - b.id)) place.pack();
  return packed;
}

function pack(context: LlamaContext, planned: PlannedRows): PackedRows {
  const { generation, count, draft } = planned;
  const sequence = generation.sequence!;
  const outputs: OutputRow[] = [];
  const samples = count === generation.remaining;
  for (let offset = 0; offset < count; offset++) {
    const position = sequence.length + offset;
    const wantsLogits = samples && offset === count - 1;
    const row = context.add(generation.tokens[position]!, position, sequence.id, wantsLogits);
    if (wantsLogits) outputs.push({ row, expected: draft[0] });
  }
  draft.forEach((token, index) => {
    const row = context.add(token, sequence.length + count + index, sequence.id, true);
    outputs.push({ row, expected: draft[index + 1] });
  });
  return { ...planned, outputs };
}

/** A row that asks for logits, since the last layer computes only those that do. */
function fill(context: LlamaContext, { id, length }: IdlePlace): void {
  context.add(0, length, id, true);
}
