/**
 * How text is cut into pieces that a merge never crosses. The name is llama.cpp's (`tokenizer.ggml.pre`), which carries
 * the pattern built in, so that a GGUF file tokenizes as `tokenizer.json` does.
 */
export type PreTokenizerName = 'gpt-2' | 'qwen2' | 'llama-bpe' | 'smollm';

const gpt2Pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const inlineContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const withDigits = (start: string, digits: string) =>
  `${start}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** The patterns that a trainer may choose: GPT-2's, or Qwen's, which gives every digit a token of its own. */
export const trainablePatterns = {
  'gpt-2': gpt2Pattern,
  qwen2: withDigits(contractions, '\\p{N}'),
} as const satisfies Partial<Record<PreTokenizerName, string>>;

const nameOfPattern = new Map<string, PreTokenizerName>([
  [gpt2Pattern, 'gpt-2'],
  [withDigits(contractions, '\\p{N}'), 'qwen2'],
  [withDigits(inlineContractions, '\\p{N}'), 'qwen2'],
  [withDigits(contractions, '\\p{N}{1,3}'), 'llama-bpe'],
  [withDigits(inlineContractions, '\\p{N}{1,3}'), 'llama-bpe'],
]);

interface PreTokenizerJson {
  type: string;
  use_regex?: boolean | undefined;
  individual_digits?: boolean | undefined;
  pattern?: { Regex?: string | undefined; String?: string | undefined } | undefined;
  pretokenizers?: PreTokenizerJson[] | undefined;
}

/** Recognises the `pre_tokenizer` of a `tokenizer.json`; undefined if llama.cpp's name for it is not known here. */
export function recognisePreTokenizer(json: PreTokenizerJson): PreTokenizerName | undefined {
  const stages = json.type === 'Sequence' ? (json.pretokenizers ?? []) : [json];
  const [first, last] = stages;
  if (first === undefined || stages.at(-1)?.type !== 'ByteLevel') return undefined;
  if (stages.length === 1) return first.use_regex === false ? undefined : 'gpt-2';
  if (stages.length !== 2) return undefined;
  if (first.type === 'Split' && last?.use_regex === false) return nameOfPattern.get(first.pattern?.Regex ?? '');
  if (first.type === 'Digits' && first.individual_digits === true && last?.use_regex !== false) return 'smollm';
  return undefined;
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false };

function splitJson(pattern: string): object {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, { ...byteLevel, use_regex: false }] };
}

const jsonOfName: Record<PreTokenizerName, object> = {
  'gpt-2': { ...byteLevel, use_regex: true },
  qwen2: splitJson(trainablePatterns.qwen2),
  'llama-bpe': splitJson(withDigits(contractions, '\\p{N}{1,3}')),
  smollm: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: true },
      { ...byteLevel, use_regex: true },
    ],
  },
};

/** The `pre_tokenizer` of a `tokenizer.json`; undefined for a name that is not known here. */
export function preTokenizerJsonFor(name: string): object | undefined {
  return Object.hasOwn(jsonOfName, name) ? jsonOfName[name as PreTokenizerName] : undefined;
}

/** Splits a text at any of these tokens and keeps them; longer tokens win. Undefined for no tokens. */
export function matchAnyOf(tokens: readonly string[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const byLength = [...tokens].sort((a, b) => b.length - a.length);
  return new RegExp(`(${byLength.map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'u');
}
