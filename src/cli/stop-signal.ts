let controller: AbortController | undefined;

/** Fires at the first Ctrl-C or SIGTERM, so that work can save its state; a second Ctrl-C ends the process at once. */
export function stopSignal(): AbortSignal {
  if (controller !== undefined) return controller.signal;
  const created = new AbortController();
  controller = created;
  const stop = (): void => {
    if (created.signal.aborted) process.exit(130);
    created.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A worker whose parent died has nobody left to work for.
  process.on('disconnect', stop);
  return created.signal;
}
