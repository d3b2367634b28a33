const blocks = '▁▂▃▄▅▆▇█';

/** A curve as one line of text, thinned to `columns`: each column is the mean of its part of the values. */
export function sparkline(values: readonly number[], columns = 40): string {
  if (values.length === 0) return '';
  const width = Math.min(columns, values.length);
  const means = Array.from({ length: width }, (_, column) => {
    const part = values.slice(
      Math.floor((column * values.length) / width),
      Math.floor(((column + 1) * values.length) / width),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low || 1;
  return means.map((mean) => blocks[Math.round(((mean - low) / range) * (blocks.length - 1))]).join('');
}
