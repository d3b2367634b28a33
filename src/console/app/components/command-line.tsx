import { useId, useRef, useState } from 'react';
import { ask, type Step } from '../api/ask.ts';
import { ErrorNote } from './error-note.tsx';
import { TextWithPlans } from './text-with-plans.tsx';

interface Exchange {
  request: string;
  steps: readonly Step[];
  answer?: string;
  error?: Error;
}

/** `fts ask` in the browser: a request in plain words, each step as it happens, then the answer. */
export function CommandLine({ model }: { model: string | undefined }) {
  const id = useId();
  const [exchange, setExchange] = useState<Exchange>();
  const [running, setRunning] = useState<AbortController>();
  const input = useRef<HTMLInputElement>(null);

  const submit = async (request: string) => {
    const controller = new AbortController();
    setRunning(controller);
    setExchange({ request, steps: [] });
    const add = (more: Partial<Exchange>) => setExchange((before) => ({ ...before!, ...more }));
    try {
      const answer = await ask(
        request,
        (step) => setExchange((before) => ({ ...before!, steps: [...before!.steps, step] })),
        controller.signal,
      );
      add({ answer });
    } catch (error) {
      add(controller.signal.aborted ? { answer: 'Stopped.' } : { error: error as Error });
    }
    setRunning(undefined);
    input.current?.select();
  };

  return (
    <section className="card wide ask" aria-label="Command line">
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          const request = input.current!.value.trim();
          if (request !== '' && running === undefined) void submit(request);
        }}
      >
        <label htmlFor={id}>Ask</label>
        <input
          id={id}
          ref={input}
          autoComplete="off"
          maxLength={10_000}
          placeholder="purge everything tagged black-friday on staging"
        />
        {running === undefined ? (
          <button type="submit">Ask</button>
        ) : (
          <button type="button" onClick={() => running.abort()}>
            Stop
          </button>
        )}
      </form>
      <p className="dim">
        {model === undefined
          ? 'The operator model is not there yet: the first start trains it. '
          : 'The operator model answers with one operation: a read is done, a change is planned. '}
        A model that calls tools can do the work: set <code>FTS_ASK_URL</code>, <code>FTS_ASK_MODEL</code> and{' '}
        <code>FTS_ASK_KEY</code>. A change of Akamai always waits for a person.
      </p>
      {exchange !== undefined && <Progress exchange={exchange} isRunning={running !== undefined} />}
    </section>
  );
}

function Progress({
  exchange: { request, steps, answer, error },
  isRunning,
}: {
  exchange: Exchange;
  isRunning: boolean;
}) {
  return (
    <div className="exchange" aria-live="polite" aria-busy={isRunning}>
      <p>
        <strong>{request}</strong>
      </p>
      <ol className="steps">
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
          <li key={index}>
            <StepLine step={step} />
          </li>
        ))}
        {isRunning && <li className="dim">…</li>}
      </ol>
      {answer !== undefined && (
        <pre>
          <TextWithPlans text={answer} />
        </pre>
      )}
      <ErrorNote error={error} />
    </div>
  );
}

function StepLine({ step }: { step: Step }) {
  if (step.kind === 'result') {
    return (
      <details className={step.failed ? 'failed' : undefined}>
        <summary>
          {step.failed ? '✗ ' : '✓ '}
          <TextWithPlans text={step.text.replaceAll(/\s+/g, ' ').slice(0, 160)} />
        </summary>
        <pre>
          <TextWithPlans text={step.text} />
        </pre>
      </details>
    );
  }
  if (step.kind === 'approval') {
    return (
      <>
        <strong>A person has to decide:</strong> <a href={step.url}>{step.message.split('\n')[0]}</a>
      </>
    );
  }
  return (
    <>
      <span className="dim">{step.kind === 'call' ? '→ ' : 'proposes '}</span>
      <code>{step.kind === 'call' ? step.tool : step.operation}</code>{' '}
      <code className="dim">{JSON.stringify(step.arguments)}</code>
    </>
  );
}
