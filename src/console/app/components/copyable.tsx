import { useId, useState } from 'react';

/** A text to take along, with a button that copies it. */
export function Copyable({ title, note, text }: { title: string; note?: string; text: string }) {
  const id = useId();
  const [copied, setCopied] = useState<boolean | undefined>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // No clipboard without HTTPS or loopback: the text is marked instead, ready for Ctrl-C.
      getSelection()?.selectAllChildren(document.getElementById(id)!);
      setCopied(false);
    }
    setTimeout(() => setCopied(undefined), 2500);
  };
  return (
    <article>
      <div className="heading">
        <h3>{title}</h3>
        <button type="button" className="quiet" onClick={() => void copy()} aria-label={`Copy: ${title}`}>
          {copied === undefined ? 'Copy' : copied ? 'Copied' : 'Press Ctrl-C'}
        </button>
      </div>
      {note !== undefined && <p className="dim">{note}</p>}
      <pre id={id}>{text}</pre>
    </article>
  );
}
