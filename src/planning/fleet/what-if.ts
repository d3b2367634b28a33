import { FtsError } from '../../errors/fts-error.ts';
import { parseWeightFormat, type WeightFormat } from '../shapes/weight-formats.ts';

/** One setting of the plan to vary, and the values to try. */
export interface Variation {
  dial: 'context' | 'batch' | 'bits';
  values: (number | WeightFormat)[];
}

/** The format to use for a plain number of bits. */
const formatOfBits: Record<string, WeightFormat> = {
  '32': 'FP32',
  '16': 'BF16',
  '8': 'Q8_0',
  '6': 'Q6_K',
  '5': 'Q5_K_M',
  '4': 'Q4_K_M',
  '3': 'Q3_K_M',
  '2': 'Q2_K',
};

/** Parses `context=4096,32768`, `batch=1,8` or `bits=4,8,16` (bits may also be format names). */
export function parseVariation(text: string): Variation {
  const [dial, list] = text.split('=', 2);
  const values = (list ?? '').split(',').filter((value) => value !== '');
  if (values.length > 0 && (dial === 'context' || dial === 'batch')) {
    const numbers = values.map((value) => Number(value.replace(/k$/i, 'e3')));
    if (numbers.every((value) => Number.isInteger(value) && value > 0 && value <= 1e9))
      return { dial, values: numbers };
  }
  if (values.length > 0 && dial === 'bits') {
    return { dial, values: values.map((value) => formatOfBits[value] ?? parseWeightFormat(value)) };
  }
  throw new FtsError('invalid-input', `"${text}" is not a variation.`, {
    field: 'whatIf',
    value: text,
    remedy: 'Write context=4096,32768, batch=1,8 or bits=4,8,16.',
  });
}

export type Settings = Partial<Record<Variation['dial'], number | string>>;

/** Every combination of the variations' values, in the order given; none without variations. */
export function settingsOf(variations: readonly Variation[]): Settings[] {
  if (variations.length === 0) return [];
  return variations.reduce<Settings[]>(
    (rows, { dial, values }) => rows.flatMap((row) => values.map((value) => ({ ...row, [dial]: value }))),
    [{}],
  );
}

/** `context=4096 bits=Q4_K_M` */
export function settingText(settings: Settings): string {
  return Object.entries(settings)
    .map(([dial, value]) => `${dial}=${value}`)
    .join(' ');
}
