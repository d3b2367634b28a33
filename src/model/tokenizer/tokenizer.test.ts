import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../random/mulberry32.ts';
import { ChatTemplate, chatMlTemplate } from '../chat-template.ts';
import type { TokenizerFiles } from '../model-directory.ts';
import { Tokenizer } from './tokenizer.ts';
import { trainByteLevelBpe } from './train-bpe.ts';

/** A text of invented words with the skewed frequencies of a real one. */
function sampleText(words: number): string {
  const random = mulberry32(12345);
  const syllables = ['pur', 'ge', 'ac', 'ti', 'vate', 'cache', 'edge', 'ing', 'ed', 's', 'host', 'name', 'é', '漢'];
  const vocabulary = Array.from({ length: 400 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => syllables[Math.floor(random() ** 2 * 14)]).join(''),
  );
  return Array.from({ length: words }, () => {
    const word = vocabulary[Math.floor(random() ** 3 * 400)]!;
    return random() < 0.1 ? `${word}, ${Math.floor(random() * 1000)}\n` : word;
  }).join(' ');
}

const text = sampleText(20_000);
const settings = {
  vocabSize: 600,
  specialTokens: ['<|pad|>', '<|im_start|>', '<|im_end|>'],
  eosToken: '<|im_end|>',
  padToken: '<|pad|>',
  chatTemplate: chatMlTemplate,
};
const awkward = [
  '',
  ' ',
  "it's WE'LL   three  spaces\n\n\ttabs \r\n",
  'digits 1234567890 and 漢字 and é and 🙂🙃',
  '\u0000\u0007 control',
  '<|im_start|>user\nhi<|im_end|>',
  'constructor __proto__ toString',
  'x'.repeat(300),
];

describe.each(['qwen2', 'gpt-2'] as const)('a tokenizer trained with the %s pattern', (preTokenizer) => {
  let files: TokenizerFiles;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    files = await trainByteLevelBpe([text], { ...settings, preTokenizer });
    tokenizer = Tokenizer.fromFiles(files);
  });

  it('has the vocabulary that was asked for', () => {
    expect(tokenizer.vocabSize).toBe(600);
    expect(tokenizer.padTokenId).toBe(0);
    expect(tokenizer.eosTokenId).toBe(2);
    expect(tokenizer.bosTokenId).toBeUndefined();
    expect(tokenizer.addsBosToken).toBe(false);
  });

  it('gives every text back', () => {
    for (const sample of [...awkward, text]) expect(tokenizer.decode(tokenizer.encode(sample))).toBe(sample);
  });

  it('tokenizes as the library does that reads its tokenizer.json', () => {
    const library = new HuggingFaceTokenizer(
      JSON.parse(files.tokenizerJson),
      JSON.parse(files.tokenizerConfigJson ?? '{}'),
    );
    for (const sample of [...awkward.slice(1), text.slice(0, 20_000)]) {
      expect(tokenizer.encode(sample)).toEqual(library.encode(sample, { add_special_tokens: false }).ids);
    }
  });

  it('shortens the text that it was trained on', () => {
    const bytes = new TextEncoder().encode(text).length;
    const ids = tokenizer.encode(text);
    expect(bytes / ids.length).toBeGreaterThan(3);
    expect(ids.reduce((sum, id) => sum + tokenizer.byteLength(id), 0)).toBe(bytes);
  });

  it('is the same each time, whatever the chunks', async () => {
    const middle = text.indexOf('\n', text.length / 2) + 1;
    const again = await trainByteLevelBpe([text.slice(0, middle), text.slice(middle)], { ...settings, preTokenizer });
    // The cut is at a line's end, where the space that begins the next line belongs to its word.
    expect(again.tokenizerJson).toBe(files.tokenizerJson);
  });

  it('names the pre-tokenizer for llama.cpp', () => {
    const vocabulary = tokenizer.bytePairVocabulary();
    expect(vocabulary.preTokenizer).toBe(preTokenizer);
    expect(vocabulary.tokens).toHaveLength(600);
    expect(vocabulary.merges.length).toBeGreaterThanOrEqual(600 - 256 - 3);
  });
});

describe('training merges', () => {
  it('takes the most frequent pair first, equal counts by lower id', async () => {
    const files = await trainByteLevelBpe(['aaab aaab cd ab'], { vocabSize: 260, specialTokens: [] });
    const { merges } = JSON.parse(files.tokenizerJson).model;
    // Pairs: aa 4 (two in each aaab, overlapping), ab 3, Ġa 2; after "aa": aa+a is 2, a+b is 3.
    expect(merges.slice(0, 2)).toEqual([
      ['a', 'a'],
      ['a', 'b'],
    ]);
  });

  it('stops when no pair occurs twice', async () => {
    const files = await trainByteLevelBpe(['abc'], { vocabSize: 1000, specialTokens: [] });
    expect(Tokenizer.fromFiles(files).vocabSize).toBe(256);
  });

  it('never merges into or out of a special token', async () => {
    const files = await trainByteLevelBpe(['<s>hello<s>hello<s>'], { vocabSize: 270, specialTokens: ['<s>'] });
    const tokenizer = Tokenizer.fromFiles(files);
    expect(tokenizer.encode('<s>hello').map((id) => tokenizer.idToToken(id))).toEqual(['<s>', 'hello']);
  });

  it('refuses settings that make no vocabulary', async () => {
    await expect(trainByteLevelBpe(['a'], { vocabSize: 100, specialTokens: [] })).rejects.toMatchObject({
      field: 'vocabSize',
    });
    await expect(trainByteLevelBpe(['a'], { vocabSize: 300, specialTokens: ['x', 'x'] })).rejects.toMatchObject({
      field: 'specialTokens',
    });
    await expect(
      trainByteLevelBpe(['a'], { vocabSize: 300, specialTokens: ['x'], eosToken: 'y' }),
    ).rejects.toMatchObject({ field: 'eosToken' });
    await expect(trainByteLevelBpe([''], { vocabSize: 300, specialTokens: [] })).rejects.toMatchObject({
      field: 'texts',
    });
  });

  it('obeys cancellation', async () => {
    const work = { report: () => {}, signal: AbortSignal.abort() };
    await expect(trainByteLevelBpe([text], settings, work)).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe('tokenizer files from elsewhere', () => {
  it('are refused where they are damaged or of another kind', () => {
    expect(() => Tokenizer.fromFiles({ tokenizerJson: '{' })).toThrowError(
      expect.objectContaining({ kind: 'corrupt', field: 'tokenizer.json' }),
    );
    expect(() => Tokenizer.fromFiles({ tokenizerJson: '{"model":{"type":"BPE","vocab":{"a":-1}}}' })).toThrowError(
      expect.objectContaining({ kind: 'invalid-input' }),
    );
  });
});

describe('chat template', () => {
  it('renders with the special tokens of its tokenizer', async () => {
    const files = await trainByteLevelBpe([text], {
      ...settings,
      chatTemplate: '{{ messages[0].content }}{{ eos_token }}{% if add_generation_prompt %}>{% endif %}',
    });
    const template = ChatTemplate.of(Tokenizer.fromFiles(files));
    const messages = [{ role: 'user', content: 'hi' }];
    expect(template?.render(messages)).toBe('hi<|im_end|>>');
    expect(template?.render(messages, { addGenerationPrompt: false })).toBe('hi<|im_end|>');
  });

  it('speaks ChatML by default', () => {
    expect(new ChatTemplate(chatMlTemplate).render([{ role: 'user', content: 'hi' }])).toBe(
      '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('says what is wrong with a template or a conversation', () => {
    expect(() => new ChatTemplate('{% if %}')).toThrowError(expect.objectContaining({ kind: 'invalid-input' }));
    const strict = new ChatTemplate("{{ raise_exception('roles must alternate') }}");
    expect(() => strict.render([])).toThrowError(/roles must alternate/);
  });
});
