import { visibleLines } from './visible-text.ts';

/** Text from outside as the content or the quoted attribute of an element in HTML, SVG and XML. */
export function markupText(text: string): string {
  return visibleLines(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
