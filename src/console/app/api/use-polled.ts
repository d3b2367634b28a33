import { useCallback, useEffect, useRef, useState } from 'react';

export interface Polled<Value> {
  value: Value | undefined;
  error: Error | undefined;
  refresh: () => Promise<void>;
}

/**
 * Loads at once and then every so many seconds while the page is seen; the last value stays on an error. `key` says what
 * is loaded: another key starts anew.
 */
export function usePolled<Value>(key: string, load: () => Promise<Value>, seconds?: number): Polled<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; error?: Error }>({ key });
  const latest = useRef(load);
  latest.current = load;
  const refresh = useCallback(async () => {
    try {
      const value = await latest.current();
      setState({ key, value });
    } catch (error) {
      setState((before) => ({ ...(before.key === key ? before : {}), key, error: error as Error }));
    }
  }, [key]);
  useEffect(() => {
    void refresh();
    if (seconds === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) void refresh();
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [refresh, seconds]);
  const current = state.key === key ? state : { key };
  return { value: current.value, error: current.error, refresh };
}
