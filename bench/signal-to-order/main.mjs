// From an alert accepted at the door to the rollback order in EVENTS: door, SIGNALS, judgement, journal, EVENTS, decision, journal, EVENTS.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { caller } from '../../tools/demo/api.mjs';
import { startSystem } from '../../tools/launcher/system.mjs';
import { quantiles } from '../quantiles.mjs';
import { jetStreamHops, postgresCommits } from './bare.mjs';

/** The hops and commits that lie between the door's answer and the order, one after the other. */
const HOPS = 3;
const COMMITS = 2;
/** A failed release is watched until it has recovered; several places keep the number of watches beside each other real. */
const ENVIRONMENTS = Array.from({ length: 10 }, (_, i) => `shop-${i}`);

/**
 * @param {{ releases: number; say: (line: string) => void }} o
 */
export async function signalToOrder({ releases, say }) {
  const { makeToken } = await import('@parapet/policy');
  const token = makeToken();
  const target = await openTarget();
  const dir = mkdtempSync(join(tmpdir(), 'parapet-bench-'));
  const configDir = mkdtempSync(join(tmpdir(), 'parapet-bench-config-'));
  const template = readFileSync(new URL('./config/bench.yaml', import.meta.url), 'utf8');
  writeFileSync(join(configDir, 'bench.yaml'), template.replace('${TARGET_URL}', target.url));
  const system = await startSystem({
    configDir,
    stateDir: dir,
    env: {
      ...process.env,
      BENCH_ALERTMANAGER_TOKEN: token,
      BENCH_TARGET_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    },
    say,
  });
  try {
    const operator = caller(system.urls.console, /** @type {string} */ (system.tokens.bench));
    const orders = await listenForOrders(system);
    // A guardrail whose source was never heard only observes: every place is told of an alert that nobody guards first.
    for (const environment of ENVIRONMENTS) await postAlert(system.urls.ingestion, token, environment, 'none', 'info');
    await sourcesHeard(operator);
    const firsts = [];
    for (const environment of ENVIRONMENTS) firsts.push(await begin(operator, environment, 'r0', undefined));
    const times = [];
    const warmUp = Math.ceil(releases / 10);
    for (let i = 1; i <= releases + warmUp; i++) {
      const name = `r${i}`;
      const place = i % ENVIRONMENTS.length;
      const environment = /** @type {string} */ (ENVIRONMENTS[place]);
      const release = await begin(operator, environment, name, firsts[place]);
      await watched(operator, release);
      const ordered = orders.of(release);
      const status = await postAlert(system.urls.ingestion, token, environment, name);
      // The clock starts when the door has answered: what it answered 202 is durable.
      const acceptedMs = performance.now();
      if (status !== 202) throw new Error(`the door answered ${status}`);
      const orderedMs = await ordered.catch(async (cause) => {
        const { items } = await operator.get(`/v1/releases/${release}/events`);
        throw new Error(
          `${cause.message}; its story: ${items.map((/** @type {any} */ event) => `${event.type} ${JSON.stringify(event.data).slice(0, 300)}`).join('\n')}`,
        );
      });
      if (i > warmUp) times.push(orderedMs - acceptedMs);
      if (i % 20 === 0) say(`${i} of ${releases + warmUp} releases`);
    }
    await orders.close();
    const whole = quantiles(times);
    const hop = await jetStreamHops(system, 500);
    const commit = await postgresCommits(system, 500);
    const bare = { p50: HOPS * hop.p50 + COMMITS * commit.p50, p99: HOPS * hop.p99 + COMMITS * commit.p99 };
    return {
      whole,
      hop,
      commit,
      hops: HOPS,
      commits: COMMITS,
      bare,
      ratio: { p50: whole.p50 / bare.p50, p99: whole.p99 / bare.p99 },
    };
  } finally {
    await system.stop();
    target.close();
    rmSync(dir, { recursive: true, force: true });
    rmSync(configDir, { recursive: true, force: true });
  }
}

/** @param {import('../../tools/demo/api.mjs').Caller} operator @param {string} environment @param {string} name @param {string | undefined} previous */
async function begin(operator, environment, name, previous) {
  const release = await operator.post('/v1/releases', {
    name,
    workload: 'shop',
    environment,
    components: [{ component: 'web', version: name }],
    steps: [{ kind: 'code', what: 'a version', reversible: 'yes' }],
    ...(previous === undefined ? {} : { previous }),
  });
  for (const phase of ['deploying', 'live']) await operator.post(`/v1/releases/${release.id}/phases`, { phase });
  return release.id;
}

/** Waits until the alert source was heard in every place. @param {import('../../tools/demo/api.mjs').Caller} operator */
async function sourcesHeard(operator) {
  for (const deadlineMs = Date.now() + 30_000; Date.now() < deadlineMs; ) {
    const { items } = await operator.get('/v1/guardrails');
    const heard = items.filter((/** @type {any} */ one) => one.data.at !== null);
    if (heard.length >= ENVIRONMENTS.length) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the alert source was not heard in every place after 30 s');
}

/** Waits until the evaluator watches it: what is timed begins with a signal, not with a registration. @param {import('../../tools/demo/api.mjs').Caller} operator @param {string} release */
async function watched(operator, release) {
  for (const deadlineMs = Date.now() + 10_000; Date.now() < deadlineMs; ) {
    const { guardrails } = await operator.get(`/v1/releases/${release}`);
    if (guardrails.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`release ${release} is not watched after 10 s`);
}

/** When each release's order was heard in EVENTS, in this process's time. @param {import('../../tools/launcher/system.d.mts').System} system */
async function listenForOrders(system) {
  const { user, password } = system.nats.launcher;
  const connection = await connect({
    servers: system.urls.nats,
    ...(user === undefined ? {} : { user, pass: password ?? '' }),
  });
  /** @type {Map<string, (ms: number) => void>} */
  const waiting = new Map();
  const subscription = connection.subscribe('parapet.events.v1.bench.*.*.*.rollback.ordered', {
    callback: (_, message) => {
      const heardMs = performance.now();
      const release = /** @type {string} */ (message.subject.split('.')[6]);
      waiting.get(release)?.(heardMs);
    },
  });
  return {
    of: (/** @type {string} */ release) =>
      new Promise((/** @type {(ms: number) => void} */ resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no order for ${release} within 10 s`)), 10_000);
        waiting.set(release, (ms) => {
          clearTimeout(timer);
          resolve(ms);
        });
      }),
    async close() {
      subscription.unsubscribe();
      await connection.drain();
    },
  };
}

/** @param {string} door @param {string} token @param {string} environment @param {string} release */
async function postAlert(door, token, environment, release, severity = 'critical') {
  const labels = { alertname: 'CheckoutBroken', environment, release, severity };
  const body = JSON.stringify({
    version: '4',
    groupKey: `{}:{release="${release}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'parapet',
    groupLabels: { release },
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://alertmanager.bench',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: {},
        startsAt: new Date().toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
      },
    ],
  });
  const response = await fetch(`${door}/v1/ingest/alertmanager/bench-alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

/** A target that takes every order at once; what it does afterwards is not timed. */
async function openTarget() {
  /** @type {Map<string, unknown>} */
  const running = new Map();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://target');
    const answer = (/** @type {number} */ status, /** @type {unknown} */ body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'GET') {
      if (url.searchParams.has('key'))
        return answer(200, { state: running.has(url.searchParams.get('key') ?? '') ? 'done' : 'unknown-key' });
      return answer(200, { release: null, components: [] });
    }
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    return request.on('end', () => {
      running.set(JSON.parse(body).key, true);
      answer(200, { state: 'done', digest: createHash('sha256').update(body).digest('hex') });
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
