import type { EncodedText, TextCodec } from '../model/text-codec.ts';
import { delexicalise } from './delexicalise.ts';
import { SlotDecoder } from './slot-decoder.ts';

/** What the operator model reads and writes, as text from and to people: values become slots and come back as JSON. */
export const operatorTextCodec: TextCodec = {
  encode(userText: string): EncodedText {
    const { text, slots } = delexicalise(userText);
    return { text, decoder: () => new SlotDecoder(slots) };
  },
};

/** The whole of an answer at once. */
export function decodeOperatorAnswer(request: string, generated: string): string {
  const decoder = operatorTextCodec.encode(request).decoder();
  return decoder.write(generated) + decoder.end();
}
