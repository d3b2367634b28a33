import { FtsError } from '../../errors/fts-error.ts';
import { EngineCore } from './engine-core.ts';
import type { EngineEvent, FromEngine, ToEngine } from './protocol.ts';

/**
 * The engine's child process: reads messages between steps, runs one step after another while there is work, and sends
 * what each step brought about as one message. A native abort ends this process and nothing else.
 */
let core: EngineCore | undefined;
let stepping = false;
let loadToldMs = 0;

/** How old the told load may be while the engine works: telling it costs as much as a token. */
const LOAD_INTERVAL_MS = 100;

function send(message: FromEngine): void {
  process.send?.(message);
}

function runSteps(): void {
  if (core === undefined || !core.busy) {
    stepping = false;
    return;
  }
  tell(core.step(), core);
  setImmediate(runSteps);
}

/** Sends what a step brought about, with the load where a request ended or the load told last is old. */
function tell(events: EngineEvent[], engine: EngineCore): void {
  const now = performance.now();
  if (now - loadToldMs >= LOAD_INTERVAL_MS || events.some(({ kind }) => kind !== 'tokens')) {
    loadToldMs = now;
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
// Without its parent an engine has no reason to live; signals are the parent's to handle.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
