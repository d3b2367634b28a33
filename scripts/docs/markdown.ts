/** A table; a cell may hold any text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Names such as `<file>` outside of code would vanish as HTML. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[<*_]/g, '\\$&')))
    .join('');
}

export const code = (text: string): string => `\`${text}\``;

/** A whole page: its title, the note that it is made, its parts with an empty line between them. */
export function page(title: string, parts: readonly string[]): string {
  const note = '<!-- Made by `npm run docs`; do not edit. -->';
  return `${[`# ${title}`, note, ...parts].filter(Boolean).join('\n\n')}\n`;
}

const cell = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
