import { z } from 'zod';
import { findPage, pages } from '../reference/page-index.ts';
import { pageDiagrams, renderPage } from '../reference/render-page.ts';
import { displayWidth, padToWidth } from '../text/display-width.ts';
import { defineOperation } from './operation.ts';

export const reference = defineOperation({
  name: 'reference',
  title: 'Read a reference page',
  description:
    'Explains inference and training, the training loop, the inference pipeline, metrics, sizes, precision and ' +
    'quantization, fine-tuning, the edge, and MCP approvals, in short pages whose every figure is checked. Without a ' +
    'name it lists the pages.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['name'],
  example: 'fts reference inference-vs-training',
  input: z.object({
    name: z.string().optional().describe('Page to read; left out: the list of pages'),
    diagrams: z
      .boolean()
      .default(false)
      .describe('Also return the page’s diagrams as SVG, in the text images NAME.svg'),
  }),
  output: z.object({
    pages: z.array(z.object({ name: z.string(), title: z.string(), summary: z.string() })),
    /** Markdown; with `diagrams` it shows them as `![caption](NAME.svg)`. */
    text: z.string().nullable(),
    /** SVG documents by name. */
    diagrams: z.record(z.string(), z.string()),
  }),
  async run({ name, diagrams }) {
    if (name === undefined) {
      return { pages: pages.map(({ body: _, ...page }) => page), text: null, diagrams: {} };
    }
    const page = findPage(name);
    const { body: _, ...listed } = page;
    return {
      pages: [listed],
      text: renderPage(page, diagrams ? '' : undefined),
      diagrams: diagrams ? Object.fromEntries(pageDiagrams(page)) : {},
    };
  },
  manyLines: ['text'],
  render({ pages: listed, text }) {
    if (text !== null) return text;
    const width = Math.max(...listed.map(({ name }) => displayWidth(name)));
    const lines = listed.map(({ name, summary }) => `${padToWidth(name, width)}  ${summary}`);
    return [...lines, '', 'Read one with `fts reference NAME`; check every figure with `fts reference verify`.'].join(
      '\n',
    );
  },
});
