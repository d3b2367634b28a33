import { markupText } from '../text/markup-text.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One SVG element; attributes stand in the order given, undefined ones are left out. `content` is markup. */
export function svgElement(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${markupText(String(value))}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A text whose lower left corner, or as `text-anchor` says, is at `x` and `y`; `text` is escaped. */
export function svgText(attributes: Attributes, text: string | number): string {
  return svgElement('text', attributes, markupText(String(text)));
}

/** A coordinate to a tenth of a unit. */
export const tenth = (value: number): string => value.toFixed(1);
