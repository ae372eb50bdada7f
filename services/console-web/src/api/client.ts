import type {
  AlertEpisodeView,
  AlertsView,
  AnswerRequest,
  CallerView,
  GuardrailView,
  MarkRequest,
  MarkView,
  Page,
  Problem,
  ProposalView,
  ReleaseView,
  SeriesView,
  SettleAlertRequest,
} from '@parapet/contracts';
import { problemWords, RequestFailed } from './problem.js';

interface Marked {
  readonly items: readonly MarkView[];
}

const TIMEOUT_MS = 15_000;

/** A document with the revision that `If-Match` names. */
export interface Revised<T> {
  readonly body: T;
  readonly revision: string | null;
}

/**
 * Speaks with Parapet's REST address of the same origin. Changes carry the token against forged requests that
 * `/v1/me` gave; the server's clock is learned from every answer, since deadlines are the server's.
 */
export class Client {
  #csrfToken = '';
  #clockOffsetMs = 0;

  /** The server's time now, as far as known. */
  nowMs(): number {
    return Date.now() + this.#clockOffsetMs;
  }

  async signIn(token: string): Promise<CallerView> {
    await this.#request('POST', '/v1/session', { token });
    return await this.me();
  }

  async signOut(): Promise<void> {
    await this.#request('DELETE', '/v1/session');
    this.#csrfToken = '';
  }

  async me(): Promise<CallerView> {
    const { body } = await this.#request<CallerView>('GET', '/v1/me');
    this.#csrfToken = body.csrfToken ?? '';
    return body;
  }

  async releases(after: string | null): Promise<Page<ReleaseView>> {
    const query = new URLSearchParams({ limit: '50', ...(after === null ? {} : { after }) });
    return (await this.#request<Page<ReleaseView>>('GET', `/v1/releases?${query}`)).body;
  }

  async release(id: string): Promise<ReleaseView> {
    return (await this.#request<ReleaseView>('GET', `/v1/releases/${encodeURIComponent(id)}`)).body;
  }

  async series(id: string): Promise<SeriesView> {
    return (await this.#request<SeriesView>('GET', `/v1/releases/${encodeURIComponent(id)}/series`)).body;
  }

  async proposal(id: string): Promise<Revised<ProposalView>> {
    return await this.#request<ProposalView>('GET', `/v1/proposals/${encodeURIComponent(id)}`);
  }

  /** Answers a proposal; `key` names the answer, so that sending it again does nothing twice. */
  async answer(
    id: string,
    answer: AnswerRequest,
    key: string,
    revision: string | null,
  ): Promise<Revised<ProposalView>> {
    const headers = { 'Idempotency-Key': key, ...(revision === null ? {} : { 'If-Match': revision }) };
    return await this.#request<ProposalView>(
      'POST',
      `/v1/proposals/${encodeURIComponent(id)}/answers`,
      answer,
      headers,
    );
  }

  async alerts(environment: string): Promise<AlertsView> {
    return (await this.#request<AlertsView>('GET', `/v1/alerts?${new URLSearchParams({ environment })}`)).body;
  }

  /** Settles a doubtful alert; `key` names the word, so that sending it again does nothing twice. */
  async settle(
    { source, fingerprint }: Pick<AlertEpisodeView, 'source' | 'fingerprint'>,
    word: SettleAlertRequest,
    key: string,
  ): Promise<AlertEpisodeView> {
    const path = `/v1/alerts/${encodeURIComponent(source)}/${encodeURIComponent(fingerprint)}/settle`;
    return (await this.#request<AlertEpisodeView>('POST', path, word, { 'Idempotency-Key': key })).body;
  }

  /** How far every guardrail is trusted. */
  async guardrails(): Promise<readonly GuardrailView[]> {
    return (await this.#request<{ readonly items: readonly GuardrailView[] }>('GET', '/v1/guardrails')).body.items;
  }

  /** What people said of a release's verdicts. */
  async marks(release: string): Promise<readonly MarkView[]> {
    return (await this.#request<Marked>('GET', `/v1/releases/${encodeURIComponent(release)}/marks`)).body.items;
  }

  /** Marks a verdict right or wrong; `key` names the word, so that sending it again does nothing twice. */
  async mark(release: string, word: MarkRequest, key: string): Promise<readonly MarkView[]> {
    const path = `/v1/releases/${encodeURIComponent(release)}/marks`;
    return (await this.#request<Marked>('POST', path, word, { 'Idempotency-Key': key })).body.items;
  }

  async #request<T>(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Revised<T>> {
    const headers: Record<string, string> = { Accept: 'application/json', ...more };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (method !== 'GET' && this.#csrfToken !== '') headers['X-CSRF-Token'] = this.#csrfToken;
    const response = await this.#fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const parsed = await parse(response);
    if (response.ok) return { body: parsed as T, revision: response.headers.get('ETag') };
    const problem = isProblem(parsed) ? parsed : null;
    throw new RequestFailed(response.status, problem, problemWords(response.status, problem));
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      const response = await fetch(path, init);
      const date = Date.parse(response.headers.get('Date') ?? '');
      // The header has whole seconds: half of one is the best guess.
      if (Number.isFinite(date)) this.#clockOffsetMs = date + 500 - Date.now();
      return response;
    } catch (cause) {
      throw Object.assign(new RequestFailed(0, null, problemWords(0, null)), { cause });
    }
  }
}

async function parse(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page instead of ours: the status says enough.
    return null;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && typeof (body as Partial<Problem>).code === 'string';
}

/** A name for one answer, new for each intention. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
