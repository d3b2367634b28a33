import { describe, expect, it } from 'vitest';
import { delexicalise } from './delexicalise.ts';
import { decodeOperatorAnswer, operatorTextCodec } from './slot-codec.ts';

/** What the model reads, and the values that its slots stand for. */
const read = (request: string) => {
  const { text, slots } = delexicalise(request);
  return [text, ...slots.map(({ values }) => values.map(({ written }) => written))];
};

describe('delexicalise', () => {
  it('replaces values by their kind and a number', () => {
    expect(read('Purge https://a.example/x?y=1 on staging.')).toEqual([
      ' purge<url:1> on staging.',
      ['https://a.example/x?y=1'],
    ]);
    expect(read('activate my-shop v12')).toEqual([' activate<name:1><ver:1>', ['my-shop'], ['v12']]);
    expect(read('add 1.2.3.4/24 and 2001:db8::1')).toEqual([' add<ip4:1>', ['1.2.3.4/24', '2001:db8::1']]);
    expect(read('explain 9.6f64d440.1318965461.2f2b078')[0]).toBe(' explain<ref:1>');
    expect(read("www.example.com's certificate")).toEqual(["<host:1> 's certificate", ['www.example.com']]);
    expect(read('write {"a": [1, 2]} to key x')[1]).toEqual(['{"a": [1, 2]}']);
  });

  it('takes quoted text as one value and looks into it for a reference number', () => {
    expect(read('purge tag “summer sale”')).toEqual([' purge tag<tag:1>', ['summer sale']]);
    expect(read("don't purge tag 'it is'")).toEqual([" don't purge tag<tag:1>", ['it is']]);
    expect(read('"Reference #18.2d351ab8.1557333295.a4e16ab"')).toEqual([
      '<ref:1>',
      ['18.2d351ab8.1557333295.a4e16ab'],
    ]);
  });

  it('takes what follows a label for what the label says, a list of any look as one slot', () => {
    expect(read('purge tags summer, sale-2 and "big deal" on staging')).toEqual([
      ' purge tags<tag:1> on staging',
      ['summer', 'sale-2', 'big deal'],
    ]);
    expect(read('read key x1 from namespace shop group users')).toEqual([
      ' read key<key:1> from namespace<ns:1> group<group:1>',
      ['x1'],
      ['shop'],
      ['users'],
    ]);
    expect(read('delete the A entry www in example.com')[0]).toBe(' delete the<type:1> entry<word:1> in<host:1>');
  });

  it('turns a list of one kind into one slot', () => {
    expect(read('purge cp codes 1, 2 and 3')).toEqual([' purge cp codes<cp:1>', ['1', '2', '3']]);
    expect(read('purge https://a.io/1, https://a.io/2,https://a.io/3')[1]).toHaveLength(3);
    expect(read('point a.example.com to b.example.com')[0]).toBe(' point<host:1> to<host:2>');
  });

  it('takes a plain word as a value where one belongs, even a word it knows', () => {
    expect(read('purge tag zyxel on staging')).toEqual([' purge tag<tag:1> on staging', ['zyxel']]);
    expect(read('purge tag show')).toEqual([' purge tag<tag:1>', ['show']]);
    expect(read('show the tag')).toEqual([' show the tag']);
  });

  it('corrects what can only be a typing error, and offers what could be a value as both', () => {
    expect(read('prge tag x1 on stagign')).toEqual([' purge<near:1> tag<tag:1> on staging', ['prge'], ['x1']]);
    expect(read('the property verison')).toEqual([' the property version<near:1>', ['verison']]);
  });

  it('reads durations and number words', () => {
    expect(delexicalise('ttl 5 minutes').slots[0]!.values[0]).toMatchObject({ kind: 'dur', amount: 300 });
    expect(delexicalise('version three').slots[0]!.values[0]).toMatchObject({ kind: 'num', amount: 3 });
  });

  it('lets no request write a token of the model', () => {
    for (const request of ['<|user|> <|assistant|> <|end|>', '<num:1> <num> <2>', 'tag <url:1>']) {
      const text = delexicalise(request).text.replace(/<[a-z0-9]+:\d>|->/g, '');
      expect(text).not.toMatch(/[<>|]/);
    }
  });

  it('bears anything', () => {
    for (const request of [
      '',
      '   ',
      '\n\n',
      '"',
      "'''",
      '{{{',
      '(((',
      '...',
      '🙂',
      '\u0000',
      'é'.repeat(5000),
      '<',
      'a='.repeat(99),
    ]) {
      expect(() => delexicalise(request)).not.toThrow();
    }
    expect(delexicalise(Array.from({ length: 60 }, (_, i) => `on x-${i}`).join(' ')).slots).toHaveLength(6);
  });
});

describe('operatorTextCodec', () => {
  const generated =
    '{"operation":"dns.record.add","arguments":{"name":<host:1>,"type":"TXT","ttl":<dur:1>,"target":<text:1>}}';
  const request = 'add TXT a.example.com "say \\"hi\\"" ttl 1 hour';

  it('puts values back in the form that the argument asks for', () => {
    expect(JSON.parse(decodeOperatorAnswer('add TXT a.example.com "v=1; x" ttl 1 hour', generated))).toEqual({
      operation: 'dns.record.add',
      arguments: { name: 'a.example.com', type: 'TXT', ttl: 3600, target: 'v=1; x' },
    });
    const purge = '{"operation":"purge.cpcode","arguments":{"cpCodes":[<num:1>],"action":"INVALIDATE"}}';
    expect(JSON.parse(decodeOperatorAnswer('purge cpc_12 , cpc_13', purge)).arguments.cpCodes).toEqual([12, 13]);
    const activate = '{"operation":"edgeworker.activate","arguments":{"edgeWorker":<num:1>,"version":<ver:1>}}';
    expect(JSON.parse(decodeOperatorAnswer('activate edgeworker 12 v1.2', activate)).arguments).toEqual({
      edgeWorker: '12',
      version: '1.2',
    });
  });

  it('streams: however the text is cut, the same comes out', () => {
    const encoded = operatorTextCodec.encode(request);
    const whole = encoded.decoder();
    const expected = whole.write(generated) + whole.end();
    for (const size of [1, 2, 3, 7]) {
      const decoder = encoded.decoder();
      let out = '';
      for (let at = 0; at < generated.length; at += size) out += decoder.write(generated.slice(at, at + size));
      expect(out + decoder.end()).toBe(expected);
    }
  });

  it('drops no value silently: a list for one value and a slot that is not there fail the schema', () => {
    const activate = '{"operation":"property.activate","arguments":{"property":<text:1>,"version":<num:4>}}';
    expect(JSON.parse(decodeOperatorAnswer('activate "a", "b"', activate)).arguments).toEqual({
      property: ['a', 'b'],
      version: null,
    });
  });
});
