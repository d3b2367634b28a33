import { markupText } from '../text/markup-text.ts';
import { svgElement } from './svg-element.ts';

interface SvgHead {
  /** What screen readers speak, and the tooltip. */
  title: string;
  description?: string;
  width: number;
  height: number;
  fontSize: number;
  /** Markers that elements of the content refer to. */
  definitions?: string;
}

/** A standalone SVG on white that shrinks with its container, with a text alternative for screen readers. */
export function svgDocument(head: SvgHead, content: readonly string[]): string {
  const { title, description, width, height, fontSize, definitions } = head;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    style: 'max-width:100%;height:auto',
    role: 'img',
    'aria-label': title,
    'font-family': 'system-ui, sans-serif',
    'font-size': fontSize,
  };
  const parts = [
    svgElement('title', {}, markupText(title)),
    ...(description === undefined ? [] : [svgElement('desc', {}, markupText(description))]),
    ...(definitions === undefined ? [] : [svgElement('defs', {}, definitions)]),
    svgElement('rect', { width: '100%', height: '100%', fill: '#fff' }),
    ...content,
  ];
  return `${svgElement('svg', attributes, `\n${parts.join('\n')}\n`)}\n`;
}
