import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mulberry32Words } from '../../src/random/mulberry32.ts';
import { Q4_0, type RandomModelShape, type Tensor, writeRandomGguf } from './random-gguf.ts';

/** Signs that stand for a token in the first values of its embedding; one head carries them all. */
const CODE_VALUES = 64;
/** A value that every embedding has, from which attention by position is made. */
const CONSTANT_AT = CODE_VALUES;
const CONSTANT = 8;
/** Where the first layer writes the code of the token before. */
const PREVIOUS_AT = 128;
/** Rotary pairs that hardly turn within a prompt: those compare codes. */
const FIRST_SLOW_PAIR = 12;
const ROPE_BASE = 1e8;
/** How sharply the two heads choose, as the size of their queries and keys. */
const POSITION_SHARPNESS = 14;
const CODE_SHARPNESS = 5;
const COPY_STRENGTH = 4;

/**
 * A Llama of this shape that repeats what it has read: its first layer finds the token before each one, its second the
 * place where the present token stood already and says what followed there (an induction head, Olsson et al. 2022). All
 * other layers compute like any others and add nothing. So it costs what a model of its size costs, and its choices to
 * quote are its own. One head has to be 64 values wide. Made once per machine.
 */
export function copyingModel(shape: RandomModelShape): string {
  const folder = join(tmpdir(), 'fts-random-models');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `copying-${shape.width}-${shape.layers}-${shape.vocabSize}.gguf`);
  if (existsSync(path)) return path;
  const temporary = `${path}.${process.pid}`;
  writeRandomGguf(temporary, { ...shape, ropeBase: ROPE_BASE }, (tensor) => fillOf(tensor, shape));
  renameSync(temporary, path);
  return path;
}

/** One value of a matrix row: its column and what it is. Rows have at most one within any 32 columns, or only signs. */
type Entry = [column: number, value: number];

function fillOf(tensor: Tensor, shape: RandomModelShape): Tensor['fill'] | undefined {
  const { name } = tensor;
  const rows = (entriesOf: (row: number) => Entry[]) => sparse(tensor, entriesOf);
  if (name === 'token_embd.weight') {
    const next = mulberry32Words(5);
    return rows(() => [
      ...Array.from({ length: CODE_VALUES }, (_, at): Entry => [at, next() & 1 ? 1 : -1]),
      [CONSTANT_AT, CONSTANT],
    ]);
  }
  const [, layer, part] = /^blk\.(\d+)\.(attn_\w+|ffn_down)\.weight$/.exec(name) ?? [];
  if (part === 'ffn_down') return rows(() => []);
  if (part === 'attn_norm' || part === undefined) return undefined;
  if (layer === '0') return rows(previousTokenHead(part, shape));
  if (layer === '1') return rows(inductionHead(part, shape));
  return part === 'attn_output' ? rows(() => []) : undefined;
}

/** Looks one place back, by position alone, and writes that token's code beside the own one. */
function previousTokenHead(part: string, shape: RandomModelShape): (row: number) => Entry[] {
  const scale = rootMeanSquare(CODE_VALUES + CONSTANT ** 2, shape);
  const perConstant = (POSITION_SHARPNESS * scale) / CONSTANT;
  return (row) => {
    if (part === 'attn_output') {
      const value = row - PREVIOUS_AT;
      return value >= 0 && value < CODE_VALUES ? [[value, 1]] : [];
    }
    if (row >= CODE_VALUES) return [];
    if (part === 'attn_v') return [[row, scale]];
    const angle = part === 'attn_q' ? ROPE_BASE ** (-(row >> 1) / (CODE_VALUES / 2)) : 0;
    return [[CONSTANT_AT, perConstant * (row % 2 === 0 ? Math.cos(angle) : -Math.sin(angle))]];
  };
}

/** Looks for the place whose token before is the present one, and adds the code of what stands there. */
function inductionHead(part: string, shape: RandomModelShape): (row: number) => Entry[] {
  const scale = rootMeanSquare(2 * CODE_VALUES + CONSTANT ** 2, shape);
  return (row) => {
    if (row >= CODE_VALUES) return [];
    if (part === 'attn_output') return [[row, COPY_STRENGTH]];
    if (part === 'attn_v') return [[row, scale]];
    if (row < 2 * FIRST_SLOW_PAIR) return [];
    return [[part === 'attn_q' ? row : PREVIOUS_AT + row, CODE_SHARPNESS * scale]];
  };
}

/** What RMSNorm divides by, where the squares of a position's values come to `sum`. */
function rootMeanSquare(sum: number, shape: RandomModelShape): number {
  return Math.sqrt(sum / shape.width);
}

function sparse(tensor: Tensor, entriesOf: (row: number) => Entry[]): Tensor['fill'] {
  const [columns = 0, rows = 0] = tensor.dimensions;
  return (buffer) => {
    const rowBytes = (columns / Q4_0.blockValues) * Q4_0.blockBytes;
    for (let row = 0; row < rows; row++) {
      for (let at = row * rowBytes; at < (row + 1) * rowBytes; at += Q4_0.blockBytes)
        buffer.fill(0x88, at + 2, at + 18);
      for (const [column, value] of entriesOf(row)) writeValue(buffer, row * rowBytes, column, value);
    }
  };
}

/** Sets one value of a Q4_0 row: its block's scale is a seventh of it, its code 7 or -7. */
function writeValue(buffer: Buffer, rowAt: number, column: number, value: number): void {
  const at = rowAt + Math.floor(column / Q4_0.blockValues) * Q4_0.blockBytes;
  const within = column % Q4_0.blockValues;
  buffer.writeUInt16LE(halfOf(Math.abs(value) / 7), at);
  const byte = at + 2 + (within % 16);
  const code = value >= 0 ? 15 : 1;
  buffer[byte] = within < 16 ? (buffer[byte]! & 0xf0) | code : (buffer[byte]! & 0x0f) | (code << 4);
}

/** A positive number as IEEE binary16; what is below its normal numbers counts as 0. */
function halfOf(value: number): number {
  if (value < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + Math.round((value / 2 ** exponent - 1) * 1024);
}
