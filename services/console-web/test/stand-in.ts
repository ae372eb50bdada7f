import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type {
  AlertsView,
  AnswerRequest,
  CallerView,
  CloudEvent,
  GuardrailView,
  MarkRequest,
  MarkView,
  ProposalView,
  ReleaseView,
  SeriesView,
  SettleAlertRequest,
} from '@parapet/contracts';

/** The strictest policy that the console must live under. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

/** What the stand-in for release-control holds and was told; tests change it between two requests. */
export interface StandInState {
  token: string;
  caller: CallerView;
  releases: ReleaseView[];
  series: Map<string, SeriesView>;
  events: Map<string, CloudEvent[]>;
  proposals: Map<string, ProposalView>;
  /** Answers received, with their headers. */
  answers: {
    readonly id: string;
    readonly body: AnswerRequest;
    readonly key: string;
    readonly ifMatch: string;
    readonly csrf: string;
  }[];
  /** Decides an answer; by default it is taken. */
  onAnswer: (proposal: ProposalView, body: AnswerRequest) => { readonly status: number; readonly body: unknown };
  alerts: AlertsView;
  /** Words on alerts received, with their headers. */
  words: { readonly alert: string; readonly body: SettleAlertRequest; readonly key: string; readonly csrf: string }[];
  /** What a word on an alert is answered with instead of being taken. */
  wordRefusal: readonly [code: string, detail: string] | null;
  marks: MarkView[];
  guardrails: readonly GuardrailView[];
  /** Marks received, with their headers. */
  marked: { readonly release: string; readonly body: MarkRequest; readonly key: string; readonly csrf: string }[];
  /** No address answers while set. */
  isDown: boolean;
  lastEventIds: string[];
}

/** A running stand-in for release-control: its addresses as the console uses them, and the console's built files. */
export interface StandIn {
  readonly url: string;
  readonly state: StandInState;
  /** Adds an event to a release and tells the pages that follow it. */
  tell(release: string, event: CloudEvent): void;
  /** Cuts every event stream. */
  cutStreams(): void;
  stop(): Promise<void>;
}

/** Starts a stand-in for release-control with a given state. */
export async function startStandIn(
  state: StandInState,
  dist: URL = new URL('../dist/', import.meta.url),
): Promise<StandIn> {
  const streams = new Map<ServerResponse, string>();
  const server = createServer((request, response) => {
    answer(request, response, state, streams, dist).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    tell: (release, event) => {
      state.events.get(release)?.push(event);
      for (const [stream, id] of streams) if (id === release) stream.write(frame(event));
    },
    cutStreams: () => {
      for (const stream of streams.keys()) stream.destroy();
      streams.clear();
    },
    stop: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const frame = (event: CloudEvent): string => `id: ${Number(event.sequence)}\ndata: ${JSON.stringify(event)}\n\n`;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: StandInState,
  streams: Map<ServerResponse, string>,
  dist: URL,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://x');
  const [version, noun, id = '', part] = url.pathname.slice(1).split('/');
  if (state.isDown) return void request.socket.destroy();
  if (version !== 'v1') return await file(url.pathname, response, dist);
  const isSignedIn = request.headers.cookie?.includes('parapet_session=ok') === true;
  if (noun === 'session') return await session(request, response, state);
  if (!isSignedIn) return problem(response, 401, 'unauthenticated', 'no session');
  if (noun === 'me') return json(response, 200, state.caller);
  if (noun === 'guardrails') return json(response, 200, { items: state.guardrails });
  if (noun === 'releases' && part === 'marks') return await marks(request, response, state, id);
  if (noun === 'releases') return release(request, response, state, streams, id, part);
  if (noun === 'alerts') return await alerts(request, response, state, url.pathname);
  const proposal = state.proposals.get(id);
  if (noun !== 'proposals' || proposal === undefined)
    return problem(response, 404, 'not-found', 'there is no such thing');
  if (part !== 'answers') return json(response, 200, proposal, { ETag: `"${proposal.revision}"` });
  const body = JSON.parse(await bodyOf(request)) as AnswerRequest;
  const header = (name: string) => String(request.headers[name] ?? '');
  state.answers.push({
    id,
    body,
    key: header('idempotency-key'),
    ifMatch: header('if-match'),
    csrf: header('x-csrf-token'),
  });
  const result = state.onAnswer(proposal, body);
  // The answer got lost on its way back.
  if (result.status === -1) return void request.socket.destroy();
  if (result.status !== 200) return problem(response, result.status, ...(result.body as [string, string]));
  state.proposals.set(id, result.body as ProposalView);
  return json(response, 200, result.body, { ETag: `"${(result.body as ProposalView).revision}"` });
}

async function alerts(
  request: IncomingMessage,
  response: ServerResponse,
  state: StandInState,
  path: string,
): Promise<void> {
  if (request.method === 'GET') return json(response, 200, state.alerts);
  const [source = '', fingerprint = ''] = path.split('/').slice(3).map(decodeURIComponent);
  const body = JSON.parse(await bodyOf(request)) as SettleAlertRequest;
  const header = (name: string) => String(request.headers[name] ?? '');
  const alert = `${source} ${fingerprint}`;
  state.words.push({ alert, body, key: header('idempotency-key'), csrf: header('x-csrf-token') });
  if (state.wordRefusal !== null) return problem(response, 409, ...state.wordRefusal);
  const { as, reason } = body;
  const word = { as, by: state.caller.subject, reason, at: new Date().toISOString(), outcome: 'waiting' } as const;
  const items = state.alerts.items.map((one) =>
    `${one.source} ${one.fingerprint}` === alert ? { ...one, settleable: false, word } : one,
  );
  state.alerts = { ...state.alerts, items };
  return json(
    response,
    202,
    items.find((one) => `${one.source} ${one.fingerprint}` === alert),
  );
}

async function marks(
  request: IncomingMessage,
  response: ServerResponse,
  state: StandInState,
  release: string,
): Promise<void> {
  if (request.method === 'POST') {
    const body = JSON.parse(await bodyOf(request)) as MarkRequest;
    const header = (name: string) => String(request.headers[name] ?? '');
    state.marked.push({ release, body, key: header('idempotency-key'), csrf: header('x-csrf-token') });
    const mine = state.marks.filter(({ by, guardrail }) => by !== state.caller.subject || guardrail !== body.guardrail);
    state.marks = [{ ...body, by: state.caller.subject, at: new Date().toISOString() }, ...mine];
  }
  return json(response, 200, { items: state.marks });
}

async function session(request: IncomingMessage, response: ServerResponse, state: StandInState): Promise<void> {
  if (request.method === 'DELETE')
    return json(response, 204, null, { 'Set-Cookie': 'parapet_session=; Path=/; Max-Age=0' });
  const { token } = JSON.parse(await bodyOf(request)) as { token: string };
  if (token !== state.token) return problem(response, 401, 'unauthenticated', 'the token is not known');
  return json(response, 200, state.caller, { 'Set-Cookie': 'parapet_session=ok; Path=/; HttpOnly; SameSite=Lax' });
}

function release(
  request: IncomingMessage,
  response: ServerResponse,
  state: StandInState,
  streams: Map<ServerResponse, string>,
  id: string,
  part: string | undefined,
): void {
  if (id === '') return json(response, 200, { items: state.releases, next: null });
  const found = state.releases.find((one) => one.id === id);
  if (found === undefined) return problem(response, 404, 'not-found', 'there is no such release');
  if (part === undefined) return json(response, 200, found, { ETag: `"${found.revision}"` });
  if (part === 'series') return json(response, 200, state.series.get(id));
  const after = String(request.headers['last-event-id'] ?? '');
  state.lastEventIds.push(after);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write('retry: 2000\n\n: alive\n\n');
  for (const event of state.events.get(id) ?? [])
    if (Number(event.sequence) > Number(after)) response.write(frame(event));
  streams.set(response, id);
  response.on('close', () => streams.delete(response));
}

async function file(path: string, response: ServerResponse, dist: URL): Promise<void> {
  const name = extname(path) === '' ? 'index.html' : path.slice(1);
  const bytes = await readFile(new URL(name, dist)).catch(() => null);
  response.writeHead(bytes === null ? 404 : 200, {
    'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  });
  response.end(bytes ?? '');
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(status === 204 ? '' : JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, detail: string): void {
  const body = { type: `https://parapet.dev/problems/${code}`, title: code, status, detail, code, requestId: 'req_1' };
  response.writeHead(status, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
