import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One schema of MaskBench with its instances, each as the text that Python's `json.dumps` writes. */
export interface MaskBenchCase {
  id: string;
  schema: unknown;
  tests: { valid: boolean; text: string }[];
}

/** Reads every `count`-th of the files of MaskBench's data folder. */
export function* maskBenchCases(folder: string, every = 1): Generator<MaskBenchCase> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  for (let index = 0; index < files.length; index += every) {
    const id = files[index]!;
    const source = readFileSync(join(folder, id), 'utf8');
    const parsed = JSON.parse(source) as { schema: unknown; tests: { valid: boolean }[] };
    const texts = instanceTexts(source);
    yield {
      id,
      schema: parsed.schema,
      tests: parsed.tests.map((test, at) => ({ valid: test.valid, text: texts[at]! })),
    };
  }
}

/** The `data` of each test, spelled as in the file (1.0 stays 1.0), with `", "` and `": "` between. */
function instanceTexts(source: string): string[] {
  const tokens = source.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let at = 0;
  const texts: string[] = [];
  const spell = (token: string): string => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token);
  const value = (path: string): string => {
    const token = tokens[at++]!;
    if (token !== '{' && token !== '[') return spell(token);
    const close = token === '{' ? '}' : ']';
    const parts: string[] = [];
    while (tokens[at] !== close) {
      if (tokens[at] === ',') at++;
      if (token === '[') parts.push(value(`${path}/`));
      else {
        const key = spell(tokens[at]!);
        at += 2;
        const text = value(`${path}/${key}`);
        parts.push(`${key}: ${text}`);
        if (path === '/"tests"/' && key === '"data"') texts.push(text);
      }
    }
    at++;
    return `${token}${parts.join(', ')}${close}`;
  };
  value('');
  return texts;
}
