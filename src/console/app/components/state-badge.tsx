const tones: Record<string, string> = {
  succeeded: 'good',
  applied: 'good',
  approved: 'good',
  holds: 'good',
  ok: 'good',
  failed: 'bad',
  interrupted: 'bad',
  denied: 'bad',
  unclear: 'bad',
  fails: 'bad',
  refused: 'bad',
  running: 'busy',
  checking: 'busy',
  sending: 'busy',
  proposed: 'busy',
  differs: 'busy',
};

/** A state in its colour; the word alone says it too. */
export function StateBadge({ state }: { state: string }) {
  return <span className={`badge ${tones[state] ?? ''}`}>{state}</span>;
}
