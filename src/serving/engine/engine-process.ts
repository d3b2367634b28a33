import { FtsError } from '../../errors/fts-error.ts';
import { EngineCore } from './engine-core.ts';
import type { EngineEvent, FromEngine, ToEngine } from './protocol.ts';

/**
 * The engine's child process: reads messages between steps, runs steps while there is work, and sends the events of
 * each step as one message. A native abort ends only this process.
 */
let core: EngineCore | undefined;
let stepping = false;
let loadSentMs = 0;

/** Least time between two load reports while the engine works: a report costs as much time as a token. */
const LOAD_INTERVAL_MS = 100;

function send(message: FromEngine): void {
  process.send?.(message);
}

function runSteps(): void {
  if (core === undefined || !core.busy) {
    stepping = false;
    return;
  }
  sendStep(core.step(), core);
  setImmediate(runSteps);
}

/** Sends the events of a step, and the load if a request ended or the last load report is older than the interval. */
function sendStep(events: EngineEvent[], engine: EngineCore): void {
  const now = performance.now();
  if (now - loadSentMs >= LOAD_INTERVAL_MS || events.some(({ kind }) => kind !== 'tokens')) {
    loadSentMs = now;
    send({ kind: 'step', events, load: engine.load });
  } else if (events.length > 0) send({ kind: 'step', events });
}

function wake(): void {
  if (stepping) return;
  stepping = true;
  setImmediate(runSteps);
}

function handle(message: ToEngine): void {
  if (message.kind === 'load') {
    try {
      core = EngineCore.load(message.settings);
      send({ kind: 'ready', info: core.info });
    } catch (error) {
      send({ kind: 'failed', error: FtsError.from(error).toJSON() });
    }
    return;
  }
  if (core === undefined) return;
  if (message.kind === 'generate') core.generate(message.id, message.request);
  else if (message.kind === 'cancel') core.cancel(message.id);
  else {
    try {
      send({ kind: 'reply', id: message.id, output: core.call(message.name, message.input) });
    } catch (error) {
      send({ kind: 'refused', id: message.id, error: FtsError.from(error).toJSON() });
    }
  }
  wake();
}

process.on('message', handle);
// The engine exits with its parent. The parent handles signals.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
