import type { LlamaContext } from '../llama/context.ts';
import type { IdleSlot } from './kv-cache.ts';
import type { PlannedRows } from './step-plan.ts';

/** A row of the batch whose logits are sampled. */
interface OutputRow {
  row: number;
  /** The draft token of the next row, which is accepted only if this row's sample equals it. */
  expected: number | undefined;
}

export interface PackedRows extends PlannedRows {
  outputs: OutputRow[];
}

/**
 * Writes the planned tokens into the batch in the order of their sequence ids, because with a stream per sequence
 * llama.cpp computes only consecutive ids together. The last row of each generation and every draft row ask for logits.
 * Each padding slot gets a dummy row after its kept tokens, which the caller truncates after the decode.
 */
export function packBatch(
  context: LlamaContext,
  plan: readonly PlannedRows[],
  padding: readonly IdleSlot[],
): PackedRows[] {
  context.clearBatch();
  const packed: PackedRows[] = [];
  const slots = [
    ...plan.map((planned) => ({
      id: planned.generation.sequence!.id,
      pack: () => packed.push(pack(context, planned)),
    })),
    ...padding.map((slot) => ({ id: slot.id, pack: () => addDummyRow(context, slot) })),
  ];
  for (const slot of slots.sort((a, b) => a.id - b.id)) slot.pack();
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

/** The dummy row asks for logits, because the last layer computes only the rows that do. */
function addDummyRow(context: LlamaContext, { id, length }: IdleSlot): void {
  context.add(0, length, id, true);
}
