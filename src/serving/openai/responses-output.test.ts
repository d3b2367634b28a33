import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ToolCall } from '../chat/tool-calls.ts';
import { type ResponseEvent, ResponseOutput } from './responses-output.ts';

interface Indexed {
  output_index: number;
  item?: { id: string; type: string };
  delta?: string;
}

const call = (name: string): ToolCall => ({ id: `call_${name}`, name, arguments: '{}' });

/** The output that a client has assembled from the stream at its end. */
function follow(events: readonly ResponseEvent[]) {
  const items: { type: string; text: string; id: string }[] = [];
  for (const { type, fields } of events) {
    const { output_index: index, item, delta } = fields as Indexed;
    if (type === 'response.output_item.added') {
      expect(index).toBe(items.length);
      items.push({ type: item!.type, text: '', id: item!.id });
    } else if (type === 'response.output_text.delta') items[index]!.text += delta;
    else if (type === 'response.output_item.done') expect(items[index]!.id).toBe(item!.id);
  }
  return items;
}

describe('the output of a response', () => {
  it('keeps items in the order of generation, each at the index that its events carry', () => {
    const output = new ResponseOutput();
    const events = [
      ...output.add({ content: ' \n', calls: [] }),
      ...output.add({ content: 'Look', calls: [] }),
      ...output.add({ content: 'ing.', calls: [call('one')] }),
      ...output.add({ content: '\n', calls: [call('two')] }),
      ...output.add({ content: 'Done.', calls: [] }),
      ...output.finish(),
    ];
    expect(follow(events)).toMatchObject([
      { type: 'message', text: ' \nLooking.' },
      { type: 'function_call' },
      { type: 'function_call' },
      { type: 'message', text: 'Done.' },
    ]);
    expect(output.output).toMatchObject([
      { type: 'message', content: [{ text: ' \nLooking.' }] },
      { type: 'function_call', name: 'one' },
      { type: 'function_call', name: 'two' },
      { type: 'message', content: [{ text: 'Done.' }] },
    ]);
  });

  it('starts no message for white space before a call', () => {
    const output = new ResponseOutput();
    const events = [...output.add({ content: '\n', calls: [] }), ...output.add({ content: '', calls: [call('one')] })];
    expect(follow([...events, ...output.finish()])).toMatchObject([{ type: 'function_call' }]);
  });

  it('is one empty message if nothing was generated', () => {
    const output = new ResponseOutput();
    expect(follow(output.finish())).toMatchObject([{ type: 'message', text: '' }]);
  });

  it('streams exactly the final output, for any order of text and calls', () => {
    const piece = fc.record({ content: fc.constantFrom('', ' ', 'a', 'b\n'), calls: fc.constantFrom([], [call('x')]) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const output = new ResponseOutput();
        const followed = follow([...pieces.flatMap((given) => output.add(given)), ...output.finish()]);
        const final = output.output as { type: string; id: string; content?: { text: string }[] }[];
        expect(final.map(({ type, id, content }) => ({ type, id, text: content?.[0]?.text ?? '' }))).toEqual(followed);
      }),
    );
  });
});
