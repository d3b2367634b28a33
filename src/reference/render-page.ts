import { FtsError } from '../errors/fts-error.ts';
import type { Claim } from './claim.ts';
import { claims } from './claims.ts';
import { diagram } from './diagrams/diagram-index.ts';
import type { Page } from './page.ts';

const figurePattern = /\{\{([\w.-]+)\}\}/g;
const diagramPattern = /!\[([^\]]*)\]\(([\w-]+)\)/g;

/** The ids of all claims that a page refers to. */
export function claimsOf(page: Page): string[] {
  return [...new Set([...page.body.matchAll(figurePattern)].map((match) => match[1]!))];
}

/** Names of the diagrams on a page. */
function diagramsOf(page: Page): string[] {
  return [...page.body.matchAll(diagramPattern)].map((match) => match[2]!);
}

/**
 * The page as Markdown with its figures inserted, each marked ᵈ (derived) or ᵐ (measured). Diagrams become links under
 * `diagramBase`, or captions in brackets if no base is given.
 */
export function renderPage(page: Page, diagramBase?: string): string {
  const body = page.body
    .trim()
    .replaceAll(figurePattern, (_, id: string) => {
      const claim = claimById(id);
      return `${claim.shown}${claim.kind === 'derived' ? 'ᵈ' : 'ᵐ'}`;
    })
    .replaceAll(diagramPattern, (_, caption: string, name: string) =>
      diagramBase === undefined ? `[diagram: ${caption}]` : `![${caption}](${diagramBase}${name}.svg)`,
    );
  return `# ${page.title}\n\n${body}\n\nᵈ derived from formulas, ᵐ measured by running the engines; check both with \`fts reference verify\`.\n`;
}

/** The diagrams of a page as SVG documents by name. */
export function pageDiagrams(page: Page): Map<string, string> {
  return new Map(diagramsOf(page).map((name) => [name, diagram(name)]));
}

function claimById(id: string): Claim {
  const claim = claims.find((candidate) => candidate.id === id);
  if (claim === undefined) throw new FtsError('internal', `The page states a figure "${id}" that is no claim.`);
  return claim;
}
