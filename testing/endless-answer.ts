import type { ServerResponse } from 'node:http';

/** Sends the same part again and again for as long as somebody listens, and counts what it has sent. */
export function pour(response: ServerResponse, part: string, counted: { bytes: number }): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    const more = (): void => {
      do {
        if (response.destroyed) return;
        counted.bytes += part.length;
      } while (response.write(part));
    };
    response.on('drain', more);
    more();
  });
}
