import type { CloudEvent } from '@parapet/contracts';
import { SseParser } from './sse.js';

/** The server says something every 15 s; silence for three times as long is a dead line that nobody has told us about. */
const SILENCE_MAX_MS = 45_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 15_000;

/** What a feed tells its page. */
export interface FeedListener {
  onEvents(events: readonly CloudEvent[]): void;
  onLine(isConnected: boolean): void;
  /** The sign-in is over. */
  onUnauthorized(): void;
}

/**
 * Follows a release's events for as long as the page is open: resumes after the last one it saw, and connects again with
 * growing pauses. The browser's own EventSource gives up for good on some answers and notices no silence, so this reads the stream itself.
 */
export function followEvents(release: string, listener: FeedListener): () => void {
  const stopping = new AbortController();
  void follow(release, listener, stopping.signal);
  return () => stopping.abort();
}

async function follow(release: string, listener: FeedListener, stop: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  let failures = 0;
  while (!stop.aborted) {
    try {
      await readOnce(release, lastId, stop, listener, (id) => {
        lastId = id;
        failures = 0;
      });
      failures = 0;
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof Unauthorized) return listener.onUnauthorized();
      failures++;
    }
    if (stop.aborted) return;
    listener.onLine(false);
    await pause(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.max(0, failures - 1)), stop);
  }
}

class Unauthorized extends Error {}

async function readOnce(
  release: string,
  lastId: string | null,
  stop: AbortSignal,
  listener: FeedListener,
  seen: (id: string) => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  try {
    const response = await fetch(`/v1/releases/${encodeURIComponent(release)}/events`, {
      headers: { Accept: 'text/event-stream', ...(lastId === null ? {} : { 'Last-Event-ID': lastId }) },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any([stop, silence.signal]),
    });
    if (response.status === 401) throw new Unauthorized();
    if (!response.ok || response.body === null) throw new Error(`events answered ${response.status}`);
    listener.onLine(true);
    const parser = new SseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
      const events = parser.push(value);
      if (events.length === 0) continue;
      listener.onEvents(events.map(({ data }) => JSON.parse(data) as CloudEvent));
      const id = events.at(-1)?.id;
      if (id != null) seen(id);
    }
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
