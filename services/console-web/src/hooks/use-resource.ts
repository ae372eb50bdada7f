import { useCallback, useEffect, useRef, useState } from 'react';
import { RequestFailed } from '../api/problem.js';

/** Something fetched from the server and kept fresh. */
export interface Resource<T> {
  /** The newest answer; stays while a later request fails. */
  readonly value: T | null;
  /** When it was fetched, on this device's clock; 0 before. */
  readonly fetchedAtMs: number;
  /** Why the newest request failed; null while it did not. */
  readonly failure: RequestFailed | null;
  /** Fetches at once. */
  readonly refresh: () => void;
  /** Puts an answer that came another way in its place. */
  readonly replace: (value: T) => void;
}

/**
 * Fetches, and fetches again every so often while the page is looked at. Answers that were overtaken are dropped; where
 * a request fails, the last answer stays with its age.
 */
export function useResource<T>(
  key: string | null,
  load: () => Promise<T>,
  everyMs: number,
  onUnauthorized: () => void,
): Resource<T> {
  const [state, setState] = useState<{
    key: string | null;
    value: T | null;
    fetchedAtMs: number;
    failure: RequestFailed | null;
  }>({ key, value: null, fetchedAtMs: 0, failure: null });
  const turn = useRef(0);
  const loading = useRef(load);
  loading.current = load;
  const unauthorized = useRef(onUnauthorized);
  unauthorized.current = onUnauthorized;

  const refresh = useCallback(() => {
    if (key === null) return;
    const mine = ++turn.current;
    loading.current().then(
      (value) => {
        if (mine === turn.current) setState({ key, value, fetchedAtMs: Date.now(), failure: null });
      },
      (error: unknown) => {
        if (mine !== turn.current) return;
        const failure = error instanceof RequestFailed ? error : new RequestFailed(0, null, String(error));
        if (failure.status === 401) unauthorized.current();
        setState((was) => (was.key === key ? { ...was, failure } : { key, value: null, fetchedAtMs: 0, failure }));
      },
    );
  }, [key]);

  useEffect(() => {
    refresh();
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh(), everyMs);
    const onLook = () => document.visibilityState === 'visible' && refresh();
    document.addEventListener('visibilitychange', onLook);
    window.addEventListener('online', refresh);
    return () => {
      turn.current++;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onLook);
      window.removeEventListener('online', refresh);
    };
  }, [refresh, everyMs]);

  const replace = useCallback(
    (value: T) => {
      turn.current++;
      setState({ key, value, fetchedAtMs: Date.now(), failure: null });
    },
    [key],
  );

  const isOther = state.key !== key;
  return {
    value: isOther ? null : state.value,
    fetchedAtMs: isOther ? 0 : state.fetchedAtMs,
    failure: isOther ? null : state.failure,
    refresh,
    replace,
  };
}
