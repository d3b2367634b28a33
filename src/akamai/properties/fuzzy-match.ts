/**
 * How well a name fits what somebody remembers of it, 0 to 1: exact, beginning, part, all words in any order, and
 * otherwise shared letter pairs (Dice), so that typing errors and missing letters still find it.
 */
export function fuzzyScore(query: string, name: string): number {
  const wanted = normal(query);
  const candidate = normal(name);
  if (wanted === '' || candidate === '') return 0;
  if (wanted === candidate) return 1;
  const length = wanted.length / Math.max(wanted.length, candidate.length);
  if (candidate.startsWith(wanted)) return 0.9 + 0.05 * length;
  if (candidate.includes(wanted)) return 0.8 + 0.1 * length;
  const words = wanted.split(' ');
  const parts = candidate.split(' ');
  const found = words.filter((word) =>
    parts.some((part) => part.startsWith(word) || (word.length > 3 && part.includes(word))),
  );
  const wordScore = found.length === words.length ? 0.7 + 0.1 * length : (0.5 * found.length) / words.length;
  const whole = similarity(wanted, candidate);
  return Math.max(wordScore, 0.75 * whole, 0.62 * wordSimilarity(words, parts) + 0.1 * whole);
}

/** The mean over the wanted words of the best that any part of the name offers; a little more in the same order. */
function wordSimilarity(words: readonly string[], parts: readonly string[]): number {
  const best = words.map((word) => {
    const scores = parts.map((part) => similarity(word, part));
    const score = Math.max(...scores);
    return { score, at: scores.indexOf(score) };
  });
  const inOrder = best.every(({ at }, index) => index === 0 || at > best[index - 1]!.at);
  return best.reduce((sum, { score }) => sum + score, 0) / words.length + (inOrder ? 0.1 : 0);
}

/** Lower case, with one space for every run of other characters: `www.example-shop.com` is `www example shop com`. */
function normal(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}*]+/gu, ' ')
    .trim();
}

/** Dice's coefficient of the letter pairs: a transposition or a missing letter costs two of them. */
function similarity(left: string, right: string): number {
  const [a, b] = [pairs(left), pairs(right)];
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return (2 * shared) / (a.size + b.size);
}

function pairs(text: string): Set<string> {
  const padded = ` ${text} `;
  const found = new Set<string>();
  for (let index = 0; index + 2 <= padded.length; index++) found.add(padded.slice(index, index + 2));
  return found;
}
