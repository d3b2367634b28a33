import { describe, expect, it } from 'vitest';
import { ToolCallParser } from './tool-calls.ts';

const tools = ['get_weather', 'add'].map((name) => ({ type: 'function' as const, function: { name } }));

function parse(text: string, step = 3) {
  const parser = new ToolCallParser(tools);
  let content = '';
  const calls: { name: string; arguments: string }[] = [];
  const take = (piece: ReturnType<ToolCallParser['push']>) => {
    content += piece.content;
    calls.push(...piece.calls.map((call) => ({ name: call.name, arguments: call.arguments })));
  };
  for (let at = 0; at < text.length; at += step) take(parser.push(text.slice(at, at + step)));
  take(parser.flush());
  return { content, calls };
}

describe('tool calls in generated text', () => {
  it.each([1, 2, 5, 1000])('reads Hermes and Qwen calls, in pieces of %i characters', (step) => {
    const text =
      'Let me look.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Bern"}}\n</tool_call>\n<tool_call>{"name": "add", "arguments": {}}</tool_call>';
    expect(parse(text, step)).toEqual({
      content: 'Let me look.\n',
      calls: [
        { name: 'get_weather', arguments: '{"city":"Bern"}' },
        { name: 'add', arguments: '{}' },
      ],
    });
  });

  it('reads Mistral lists and named calls', () => {
    expect(parse('[TOOL_CALLS][{"name":"add","arguments":{"a":1}}]').calls).toEqual([
      { name: 'add', arguments: '{"a":1}' },
    ]);
    expect(parse('[TOOL_CALLS]add[ARGS]{"a":1}').calls).toEqual([{ name: 'add', arguments: '{"a":1}' }]);
  });

  it('reads Llama 3 calls: bare JSON, python tag, function tag', () => {
    const expected = [{ name: 'add', arguments: '{"a":1}' }];
    expect(parse('{"name": "add", "parameters": {"a": 1}}').calls).toEqual(expected);
    expect(parse('<|python_tag|>{"name": "add", "parameters": {"a": 1}}').calls).toEqual(expected);
    expect(parse('<function=add>{"a": 1}</function>').calls).toEqual(expected);
  });

  it('leaves text alone that only resembles a call', () => {
    for (const text of ['a < b <tool', '{"name": "unknown"}', '{"answer": 42}', '<tool_call>not json</tool_call> x']) {
      expect(parse(text).calls).toEqual([]);
      expect(parse(text).content.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
    }
  });
});
