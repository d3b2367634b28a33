/** Above this many pairs of lines everything counts as changed: comparing would hold up the page. */
const mostPairs = 4_000_000;

/** Which lines of two texts, counted from 0, have no partner in the other: the longest common subsequence decides. */
export function changedLines(before: string, after: string): { before: Set<number>; after: Set<number> } {
  const [left, right] = [before.split('\n'), after.split('\n')];
  const changed = { before: new Set(left.keys()), after: new Set(right.keys()) };
  if (left.length * right.length > mostPairs) return changed;
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i * width + j] =
        left[i] === right[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) {
      changed.before.delete(i++);
      changed.after.delete(j++);
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) i++;
    else j++;
  }
  return changed;
}
