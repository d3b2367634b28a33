import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';

/** The vocabulary of OpenAI's cl100k_base, from which Llama 3's was extended: each token's bytes, and its tokenizer. */
export function tiktokenVocabulary(): { texts: Uint8Array[]; encode: (text: string) => number[] } {
  const texts: Uint8Array[] = [];
  for (const line of cl100k.bpe_ranks.split('\n')) {
    const [mark, offset, ...tokens] = line.split(' ');
    if (mark !== '!') continue;
    tokens.forEach((token, index) => {
      texts[Number(offset) + index] = Uint8Array.from(Buffer.from(token, 'base64'));
    });
  }
  const tokenizer = new Tiktoken(cl100k);
  return { texts, encode: (text) => tokenizer.encode(text, [], []) };
}
