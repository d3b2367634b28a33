import type { OutputOf } from '../api/operations.ts';
import { valueText } from '../text.ts';
import { changedLines } from './changed-lines.ts';

type Difference = OutputOf<'akamai.plans.differences'>['differences'][number];

const words = { add: 'added', remove: 'removed', replace: 'changed' } as const;

/** Old and new value of each place, side by side; lines of the one that the other lacks are marked. */
export function PlanDifferences({ differences }: { differences: readonly Difference[] }) {
  if (differences.length === 0)
    return (
      <p className="dim">Nothing to compare: the call carries all there is to see, or the state cannot be read.</p>
    );
  return (
    <ol className="differences">
      {differences.map((difference, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a plan's differences never change
        <li key={index}>
          <h3>
            {difference.place} <span className="dim">{words[difference.op]}</span>
          </h3>
          <SideBySide {...difference} />
        </li>
      ))}
    </ol>
  );
}

function SideBySide({ op, before, after }: Difference) {
  const [old, now] = [valueText(before), valueText(after)];
  const changed = op === 'replace' ? changedLines(old, now) : undefined;
  return (
    <div className="sides">
      <Side label="old" sign="-" text={op === 'add' ? undefined : old} marked={changed?.before} />
      <Side label="new" sign="+" text={op === 'remove' ? undefined : now} marked={changed?.after} />
    </div>
  );
}

function Side({
  label,
  sign,
  text,
  marked,
}: {
  label: 'old' | 'new';
  sign: string;
  text: string | undefined;
  marked: ReadonlySet<number> | undefined;
}) {
  if (text === undefined)
    return <p className="dim side">{label === 'old' ? 'not there before' : 'not there afterwards'}</p>;
  return (
    <pre className={`side ${label}`}>
      <span className="hidden">{label}: </span>
      {text.split('\n').map((line, index) => {
        const isMarked = marked?.has(index) ?? true;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines keep their places
          <span key={index} className={isMarked ? 'marked' : undefined}>
            {isMarked ? sign : ' '} {line}
            {'\n'}
          </span>
        );
      })}
    </pre>
  );
}
