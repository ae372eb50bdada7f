// The story's way to Parapet: the same public address that a pipeline or a person uses, and nothing else.
import { randomUUID } from 'node:crypto';

/** An answer that was no success, with the problem document's words. */
export class Refused extends Error {
  /** @param {string} what @param {number} status @param {any} problem */
  constructor(what, status, problem) {
    super(`${what}: ${status} ${problem?.code ?? ''} ${problem?.detail ?? ''}`.trim());
    this.status = status;
    this.problem = problem;
  }
}

/**
 * A caller with one token.
 * @param {string} baseUrl
 * @param {string} token
 */
export function caller(baseUrl, token) {
  /** @param {string} method @param {string} path @param {unknown} [body] @param {Record<string, string>} [headers] */
  const ask = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(45_000),
    });
    const text = await response.text();
    const answer = text === '' ? null : JSON.parse(text);
    if (!response.ok) throw new Refused(`${method} ${path}`, response.status, answer);
    return answer;
  };
  return {
    get: (/** @type {string} */ path) => ask('GET', path),
    post: (/** @type {string} */ path, /** @type {unknown} */ body, /** @type {Record<string, string>} */ headers) =>
      ask('POST', path, body, headers),
    /**
     * The events of a release after a sequence number, live, until the signal aborts.
     * @param {string} release @param {number} after @param {AbortSignal} signal
     * @returns {AsyncGenerator<any>}
     */
    async *events(release, after, signal) {
      let last = after;
      while (!signal.aborted) {
        try {
          const response = await fetch(new URL(`/v1/releases/${release}/events`, baseUrl), {
            headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'last-event-id': String(last) },
            signal,
          });
          if (response.status < 500 && !response.ok) throw new Refused(`events of ${release}`, response.status, null);
          if (!response.ok || response.body === null) throw new TypeError(`no events: ${response.status}`);
          for await (const event of serverSentEvents(response.body)) {
            last = Number(event.sequence);
            yield event;
          }
        } catch (cause) {
          if (signal.aborted) return;
          if (cause instanceof Refused) throw cause;
        }
        // The connection ended: ask again from where it stopped.
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
  };
}

/** @param {ReadableStream<Uint8Array>} body */
async function* serverSentEvents(body) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
      const lines = rest.slice(0, end).split('\n');
      rest = rest.slice(end + 2);
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield JSON.parse(data.join('\n'));
    }
  }
}
