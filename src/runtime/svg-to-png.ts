import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const FONT = 'Abel';
/** Pixels for each unit of the drawing: sharp enough for most screens, at half the work of two. */
const SCALE = 1.5;

let font: Promise<Uint8Array> | undefined;

/** A drawing as a PNG image, the same on every machine: its text is set in a font that comes with the program. */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  font ??= prepare();
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: { fontBuffers: [await font], defaultFontFamily: FONT, sansSerifFamily: FONT, monospaceFamily: FONT },
  });
  try {
    return image.render().asPng();
  } finally {
    image.free();
  }
}

/** Compiles the renderer, once in a process, and reads the font. */
async function prepare(): Promise<Uint8Array> {
  const { resolve } = createRequire(import.meta.url);
  await initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return readFile(resolve('@fontsource/abel/files/abel-latin-400-normal.woff2'));
}
