import { describe, expect, it } from 'vitest';
import { linearAxis, logarithmicAxis } from './axis.ts';
import { lineChartSvg } from './line-chart.ts';
import { svgDocument } from './svg-document.ts';
import { svgElement, svgText } from './svg-element.ts';

describe('a drawing', () => {
  it('escapes text and attributes from outside and leaves undefined attributes out', () => {
    expect(svgText({ x: 1, fill: undefined }, 'a < b & "c"')).toBe('<text x="1">a &lt; b &amp; &quot;c&quot;</text>');
    expect(svgElement('g', { id: '"><script>' })).toBe('<g id="&quot;&gt;&lt;script&gt;"/>');
  });

  it('carries its title as text alternative', () => {
    const svg = svgDocument({ title: 'Loss & step', width: 10, height: 20, fontSize: 12 }, []);
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 10 20"[^>]*role="img" aria-label="Loss &amp; step"/);
    expect(svg).toContain('<title>Loss &amp; step</title>');
  });

  it('labels axes at round numbers and places values in proportion', () => {
    const axis = linearAxis([0, 10], [100, 200]);
    expect(axis.ticks).toEqual([0, 2, 4, 6, 8, 10]);
    expect(axis.place(5)).toBe(150);
    const powers = logarithmicAxis([1, 16], [0, 40]);
    expect(powers.ticks).toEqual([1, 2, 4, 8, 16]);
    expect(powers.place(4)).toBeCloseTo(20);
  });

  it('draws a curve of one point without NaN', () => {
    const svg = lineChartSvg([{ points: [{ x: 0, y: 0 }] }], { title: 't', xTitle: 'x' });
    expect(svg).not.toContain('NaN');
    expect(svg.match(/<polyline/g)).toHaveLength(1);
  });
});
