import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudEvent, Page, Problem, ProposalView, ReleaseView, VerdictView } from '@parapet/contracts';
import { makeToken } from '@parapet/policy';
import type { Sink, World } from '../src/world.js';

/** A request as Parapet sees it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** An answer; `cut` ends the connection without one. */
export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | 'cut';

/** An HTTP server that speaks Parapet's DTOs as a test tells it to, and remembers what it was asked. */
export class FakeParapet {
  readonly asked: Asked[] = [];
  readonly token = makeToken();
  private readonly server: Server;

  constructor(private readonly answer: (asked: Asked) => Answer) {
    this.server = createServer((request, response) => {
      void this.read(request).then((asked) => {
        this.asked.push(asked);
        const given =
          asked.headers['authorization'] === `Bearer ${this.token}`
            ? this.answer(asked)
            : problem(401, 'unauthenticated', 'credentials are missing or wrong');
        if (given === 'cut') {
          request.socket.destroy();
          return;
        }
        const type = given.status >= 400 ? 'application/problem+json' : 'application/json';
        response.writeHead(given.status, { 'Content-Type': type, ...given.headers });
        response.end(
          given.body === undefined ? '' : typeof given.body === 'string' ? given.body : JSON.stringify(given.body),
        );
      });
    });
  }

  static async start(answer: (asked: Asked) => Answer): Promise<FakeParapet> {
    const fake = new FakeParapet(answer);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async read(request: IncomingMessage): Promise<Asked> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://parapet');
    const text = Buffer.concat(chunks).toString('utf8');
    return {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }
}

export function problem(
  status: number,
  code: string,
  detail: string,
  more: Partial<Problem> & Record<string, unknown> = {},
): Answer {
  return {
    status,
    body: {
      type: `https://parapet.dev/problems/${code}`,
      title: code,
      status,
      detail,
      code,
      requestId: 'req_1',
      ...more,
    },
  };
}

/** A world on virtual time that keeps what was written. */
export class TestWorld implements World {
  out = '';
  err = '';
  clockMs = Date.parse('2026-11-23T09:15:00Z');
  readonly slept: number[] = [];
  typed: string | null = null;
  questions: string[] = [];
  keys = 0;
  /** What happens while the command sleeps. */
  whileAsleep: () => Promise<void> = async () => {};

  readonly stdout: Sink;
  readonly stderr: Sink;

  constructor(
    readonly env: Record<string, string | undefined> = {},
    terminal: { readonly isTTY?: boolean; readonly columns?: number } = {},
  ) {
    this.stdout = { ...terminal, write: (text: string) => (this.out += text) };
    this.stderr = { ...terminal, write: (text: string) => (this.err += text) };
  }

  readonly fetch = fetch;
  nowMs = (): number => this.clockMs;
  makeKey = (): string => `key-${++this.keys}`;

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.clockMs += ms;
    await this.whileAsleep();
  }

  async ask(question: string): Promise<string | null> {
    this.questions.push(question);
    return this.typed;
  }
}

export const RELEASE = 'rel_01JD8Z5WQ00000000000000000';
export const PROPOSAL = 'prp_01JD8Z5WQ00000000000000000';
const components = [{ component: 'odoo-web', version: '17.0-2026.11.3' }];

export function page<T>(items: readonly T[], next: string | null = null): Page<T> {
  return { items, next };
}

export function releaseView(more: Partial<ReleaseView> = {}): ReleaseView {
  return {
    id: RELEASE,
    revision: 4,
    name: 'odoo-pos-2026.11.3',
    tenant: 'acme-retail',
    workload: 'odoo-retail',
    environment: 'production',
    phase: 'live',
    components,
    previous: {
      release: 'rel_01JD8Z5WQ00000000000000001',
      components: [{ component: 'odoo-web', version: '17.0-2026.11.2' }],
    },
    criticality: 'high',
    reversibility: 'yes',
    policy: 'checkout',
    registeredAt: '2026-11-23T09:00:00.000Z',
    startedAt: '2026-11-23T09:05:00.000Z',
    liveAt: '2026-11-23T09:06:00.000Z',
    verdict: 'fail',
    final: false,
    decision: 'propose',
    proposal: PROPOSAL,
    rollback: null,
    guardrails: [
      {
        name: 'order-success',
        verdict: 'breach',
        mode: 'act',
        words: '4.7 % of orders failed, 1.0 % before the release, and that is a long sentence which does not fit',
      },
      {
        name: 'critical-alerts',
        verdict: 'inconclusive',
        mode: 'act',
        reason: 'sender-silent',
        words: 'Alertmanager has not been heard since 09:10',
      },
      { name: 'pos-sync-errors', verdict: 'pass', mode: 'act', words: 'no more than before' },
    ],
    ...more,
  };
}

export function verdictView(more: Partial<VerdictView> = {}): VerdictView {
  return {
    verdict: 'pending',
    final: false,
    since: null,
    asOf: '2026-11-23T09:15:00.000Z',
    action: 'continue',
    coverage: { judged: 5, required: 6 },
    release: RELEASE,
    sequence: 3,
    ...more,
  };
}

export function proposalView(more: Partial<ProposalView> = {}): ProposalView {
  return {
    id: PROPOSAL,
    revision: 2,
    state: 'open',
    openedAt: '2026-11-23T09:12:00.000Z',
    expiresAt: '2026-11-23T09:42:00.000Z',
    onExpiry: 'hold',
    headline:
      'Order failures 4.7 % (tolerated 1.1 %) since 09:12, 6 min after odoo-pos-2026.11.3 went live in production',
    recovering: false,
    release: {
      id: RELEASE,
      name: 'odoo-pos-2026.11.3',
      environment: 'production',
      workload: 'odoo-retail',
      components,
      liveAt: '2026-11-23T09:06:00.000Z',
    },
    previous: {
      release: 'rel_01JD8Z5WQ00000000000000001',
      name: 'odoo-pos-2026.11.2',
      components: [{ component: 'odoo-web', version: '17.0-2026.11.2' }],
    },
    evidence: [
      {
        name: 'order-success',
        verdict: 'breach',
        mode: 'act',
        words: '4.7 % of orders failed, 1.0 % before the release',
      },
    ],
    passing: [{ name: 'pos-sync-errors', verdict: 'pass', mode: 'act', words: 'tills synchronise as before' }],
    unknown: [
      { name: 'critical-alerts', verdict: 'inconclusive', mode: 'act', words: 'Alertmanager has not been heard' },
    ],
    evidenceDigest: 'e'.repeat(64),
    plan: {
      planId: 'pln_1',
      steps: [{ what: 'return odoo-web to 17.0-2026.11.2', target: 'shop', reversible: 'yes', loses: 'open carts' }],
      notUndone: ['mails already sent'],
    },
    planDigest: 'd'.repeat(64),
    ifNothing: 'Nothing changes',
    alternatives: ['switch the loyalty feature off'],
    acknowledgement: null,
    approvalsNeeded: 1,
    approvals: [],
    comments: [],
    eligible: { may: true },
    ended: null,
    links: { page: 'https://guard.acme.example/proposals/prp_1' },
    ...more,
  };
}

/** An event of the release's story. */
export function storyEvent(sequence: number, type: string, data: Record<string, unknown>): CloudEvent {
  return {
    specversion: '1.0',
    id: `evt_${sequence}`,
    source: '/parapet/acme-retail/production',
    type: `dev.parapet.${type}.v1`,
    subject: RELEASE,
    time: `2026-11-23T09:15:${String(sequence).padStart(2, '0')}.000Z`,
    datacontenttype: 'application/json',
    dataschema: '',
    sequence: String(sequence).padStart(12, '0'),
    partitionkey: RELEASE,
    journalseq: String(sequence),
    journalhash: 'a'.repeat(64),
    data: { tenant: 'acme-retail', environment: 'production', release: RELEASE, sequence, ...data },
  };
}

/** A world that is told where a fake Parapet is. */
export function worldOf(
  fake: FakeParapet,
  terminal: { isTTY?: boolean; columns?: number } = {},
  env: Record<string, string> = {},
): TestWorld {
  return new TestWorld({ PARAPET_URL: fake.url, PARAPET_TOKEN: fake.token, ...env }, terminal);
}
