import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SignalBatch } from '@parapet/contracts';
import type { RunningService } from '@parapet/nest';
import { type AlertsState, hear, hearAnswer, NO_ALERTS, type PrometheusAnswer } from '@parapet/signals';
import { AskedWorld, type Question, ScrapedShop, TENANT, Way } from '../../test/asked.js';
import { eventually } from '../../test/world.js';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;
const HISTORY_HOURS = 26;
const EVERY_MS = 2_000;
const CONFIG = (target: string) => `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['${target}'] }] }]
`;
const RULES = `
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: queue_jobs > 10
        labels: { severity: critical, environment: production }
      - alert: QueueBroken
        expr: 'label_replace(queue_jobs, "shop", "x", "", "") * on() group_left() pos_orders_total > 0'
        labels: { severity: critical, environment: production }
`;
const SIGNALS = `
    - { name: shop.queue, unit: jobs, badDirection: high, form: gauge, query: { value: queue_jobs } }
    - name: shop.errors
      unit: orders
      badDirection: high
      form: proportion
      query:
        count: sum by (shop) (increase(pos_errors_total[$window]))
        of: sum by (shop) (increase(pos_orders_total[$window]))
        dimensions: { store: shop }
    - { name: shop.orders, unit: orders, badDirection: low, form: rate, query: { count: 'sum(increase(pos_orders_total[$window]))' } }
    - { name: shop.latency, unit: seconds, badDirection: high, form: histogram, query: { buckets: 'sum by (le) (increase(checkout_seconds_bucket[$window]))' } }
    - { name: no.series, unit: jobs, badDirection: high, query: { value: nobody_measures_this } }
    - { name: no.number, unit: jobs, badDirection: high, query: { value: 'queue_jobs * 0 / 0' } }
    - { name: no.end, unit: jobs, badDirection: high, query: { value: '(queue_jobs + 1) / 0' } }
    - { name: no.query, unit: jobs, badDirection: high, query: { value: 'sum(' } }
`;

const tenantYaml = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { tenant: ${TENANT}, name: ${TENANT} }
spec: { environments: [{ name: production }], access: [] }
`;
const askedYaml = (url: string, signals = SIGNALS) => `${tenantYaml}
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: ${TENANT}, name: shop-prometheus }
spec:
  kind: prometheus-query
  environments: [production]
  prometheus: { url: '${url}', allowPrivate: true, scrapeInterval: 1s, timeout: 2s }
  every: ${EVERY_MS / 1000}s
  history: ${HISTORY_HOURS}h
  signals:${signals}`;
/** Another lease means another declaration, so that the source is asked at once. */
const alertsYaml = (url: string, repeatSeconds: number) => `${tenantYaml}
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: ${TENANT}, name: shop-alertmanager }
spec:
  kind: alertmanager
  environments: [production]
  credentials: [{ env: NOBODYS_TOKEN }]
  heartbeat: { labels: { alertname: Watchdog }, period: 5s }
  repeatInterval: ${repeatSeconds}s
  prometheus: { url: '${url}', allowPrivate: true }
---
apiVersion: parapet.dev/v1
kind: GuardrailPolicy
metadata: { tenant: ${TENANT}, name: alerts-only }
spec:
  watch: { warmUp: 0s, duration: 10m }
  guardrails: [{ name: critical, alerts: { matchers: ['severity="critical"'] }, mode: act }]
`;

let startedMs: number;
let queue = 3;
let world: AskedWorld;
let way: Way;
let url: string;
let service: RunningService;
const shop = new ScrapedShop();

/** Ten orders a minute for more than a day, in two shops; of every ten one goes wrong. */
function past(untilMs: number): string {
  const lines: string[] = [];
  for (const name of ['pos_orders', 'pos_errors']) {
    lines.push(`# TYPE ${name} counter`);
    for (const place of ['lyon', 'nice']) {
      for (let s = untilMs / 1000 - (HISTORY_HOURS + 1) * 3600, n = 0; s <= untilMs / 1000; s += 15, n++)
        lines.push(`${name}_total{shop="${place}"} ${name === 'pos_orders' ? 10 * n : n} ${s}`);
    }
  }
  return [...lines, '# EOF', ''].join('\n');
}

beforeAll(async () => {
  process.env['NOBODYS_TOKEN'] = 'nobody';
  startedMs = Date.now();
  shop.lines = () => {
    const n = Math.floor((Date.now() - startedMs) / 100);
    const orders = ['lyon', 'nice'].flatMap((place) => [
      `pos_orders_total{shop="${place}"} ${10 * n}`,
      `pos_errors_total{shop="${place}"} ${n}`,
    ]);
    const buckets = [
      [0.1, 5],
      [0.5, 8],
      ['+Inf', 9],
    ].map(([le, of]) => `checkout_seconds_bucket{le="${le}"} ${Number(of) * n}`);
    return ['# TYPE queue_jobs gauge', `queue_jobs ${queue}`, ...orders, ...buckets];
  };
  const target = await shop.open();
  const minuteMs = Math.floor(startedMs / 60_000) * 60_000;
  world = await AskedWorld.start({
    configYaml: CONFIG(target),
    rulesYaml: RULES,
    pastOpenMetrics: past(minuteMs - 60_000),
  });
  way = new Way(() => world.prometheus.url);
  url = await way.open();
  await eventually(async () => (await prometheus('count_over_time(queue_jobs[1m]) > 7')).length > 0, 20_000);
  way.isOpen = (question) => !isLastPart(question);
  await world.apply(askedYaml(url));
  service = await world.serve();
}, 120_000);

afterAll(async () => {
  await world?.stop();
  await Promise.all([shop.close(), way?.close()]);
}, 30_000);

/** Of the past of the orders, what is left after a day. */
const isLastPart = ({ path, form }: Question) =>
  path === '/api/v1/query_range' &&
  form.get('query') === 'sum(increase(pos_orders_total[60s]))' &&
  Date.parse(form.get('end') ?? '') - Date.parse(form.get('start') ?? '') < 20 * HOUR_MS;

/** What Prometheus itself answers. */
async function prometheus(
  query: string,
  atMs = Date.now(),
): Promise<readonly { metric: Record<string, string>; value: number }[]> {
  const asked = new URLSearchParams({ query, time: String(atMs / 1000) });
  const answer = (await (await fetch(`${world.prometheus.url}/api/v1/query?${asked}`)).json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

const gaps = (signal: string) => world.of(signal).flatMap(({ value }) => (value.kind === 'gap' ? [value.reason] : []));
const values = (signal: string) => world.of(signal).filter(({ value }) => value.kind !== 'gap');

async function tell(): Promise<readonly { reason: string }[]> {
  const rows = await world.database
    .connect('metrics-ingestion', 1)
    .transact(TENANT, (tx) =>
      tx.query<{ reason: string }>(`SELECT data ->> 'reason' AS reason FROM journal WHERE type = 'source.refused'`),
    );
  return rows;
}

describe('a Prometheus that is asked', () => {
  it('gives what it answers itself, at the very instant of each sample', async () => {
    for (const signal of ['shop.queue', 'shop.errors', 'shop.orders', 'shop.latency'])
      await eventually(async () => values(signal).length >= 2, 15_000);
    const window = `${EVERY_MS / 1000}s`;
    for (const { atMs, value } of values('shop.queue').slice(0, 2))
      expect([{ value: (value as { value: number }).value }]).toMatchObject(
        (await prometheus('queue_jobs', atMs)).map((one) => ({ value: one.value })),
      );
    for (const { atMs, value, dimensions } of values('shop.errors').slice(0, 4)) {
      const at = async (name: string) =>
        (await prometheus(`sum(increase(${name}{shop="${dimensions['store']}"}[${window}]))`, atMs))[0]?.value;
      expect(value).toEqual({ kind: 'count', count: await at('pos_errors_total'), of: await at('pos_orders_total') });
    }
    for (const { atMs, value } of values('shop.orders').slice(0, 2)) {
      const [one] = await prometheus(`sum(increase(pos_orders_total[${window}]))`, atMs);
      expect(value).toEqual({ kind: 'count', count: one?.value, of: EVERY_MS / 1000 });
    }
    const { atMs, value } = values('shop.latency')[0] as (typeof world.received)[number];
    const buckets = await prometheus(`sum by (le) (increase(checkout_seconds_bucket[${window}]))`, atMs);
    const upTo = (le: string) => buckets.find(({ metric }) => metric['le'] === le)?.value ?? Number.NaN;
    expect(value).toEqual({
      kind: 'histogram',
      bounds: [0.1, 0.5],
      counts: [upTo('0.1'), upTo('0.5') - upTo('0.1'), upTo('+Inf') - upTo('0.5')],
      sum: null,
    });
  });

  it('is asked of one instant after the other, each long enough ago, and of none twice', async () => {
    const { received } = world;
    const asked = received
      .filter(({ isHistory, signal }) => !isHistory && signal === 'shop.queue')
      .map(({ atMs }) => atMs);
    expect(
      asked.every((atMs, i) => atMs % EVERY_MS === 0 && (i === 0 || atMs === (asked[i - 1] as number) + EVERY_MS)),
    ).toBe(true);
    const posted = way.asked.filter(
      ({ path, form }) => path === '/api/v1/query' && form.get('query')?.includes('queue_jobs') === true,
    );
    expect(posted.length).toBeGreaterThan(0);
    expect(Math.max(...asked)).toBeLessThan(Date.now() - 6_000);
  });

  it.each([
    ['no.series', 'no-series'],
    ['no.number', 'not-a-number'],
    ['no.end', 'not-finite'],
    ['no.query', 'bad-query'],
  ])('%s is a gap: %s', async (signal, reason) => {
    await eventually(async () => gaps(signal).length >= 2);
    expect([new Set(gaps(signal)), values(signal)]).toEqual([new Set([reason]), []]);
  });

  it('refuses a query once, aloud, and is not asked for it again', async () => {
    const askedFor = () => way.asked.filter(({ form }) => form.get('query') === 'sum(').length;
    const before = { asked: askedFor(), gaps: gaps('no.query').length };
    await eventually(async () => gaps('no.query').length > before.gaps);
    expect(askedFor()).toBe(before.asked);
    const reasons = (await tell()).map(({ reason }) => reason);
    expect(reasons).toEqual([expect.stringMatching(/^bad-query: no\.query: .*parse error/)]);
  });
});

describe('the past that a Prometheus holds', () => {
  const minutesOf = (signal: string) => world.of(signal, true).map(({ atMs }) => atMs);

  it('fills the baseline by the minute, also where the service ends in between, and a part is stored twice', async () => {
    const day = 1_440;
    await eventually(async () => minutesOf('shop.orders').length > day - 5, 20_000);
    await world.close(service);
    expect(minutesOf('shop.orders').length).toBeLessThanOrEqual(day);
    // As a crash after storing the last hour, and before remembering it, would leave it.
    await world.database
      .connect('metrics-ingestion', 1)
      .transact(TENANT, (tx) =>
        tx.query(`UPDATE query_cursor SET filled_to = filled_to - interval '1 hour' WHERE signal = 'shop.orders'`),
      );
    way.isOpen = () => true;
    service = await world.serve();
    const beganMs = Math.min(...world.of('shop.orders').map(({ atMs }) => atMs)) - EVERY_MS;
    const expected = (HISTORY_HOURS * HOUR_MS) / 60_000;
    await eventually(async () => new Set(minutesOf('shop.orders')).size >= expected - 5, 20_000);
    const said = new Map<number, unknown>();
    for (const { atMs, value } of world.of('shop.orders', true)) {
      expect(said.get(atMs) ?? value).toEqual(value);
      said.set(atMs, value);
    }
    expect(minutesOf('shop.orders').length - said.size).toBe(60);
    const minutes = [...new Set(minutesOf('shop.orders'))];
    expect(minutes).toEqual([...minutes].sort((a, b) => a - b));
    expect(Math.max(...minutes)).toBeLessThanOrEqual(beganMs);
    expect(minutes.every((atMs) => (beganMs - atMs) % 60_000 === 0)).toBe(true);
    const old = world.of('shop.orders', true).find(({ atMs }) => atMs > startedMs - 20 * HOUR_MS);
    const [same] = await prometheus('sum(increase(pos_orders_total[60s]))', old?.atMs);
    expect(old?.value).toEqual({ kind: 'count', count: same?.value, of: 60 });
    expect(world.received.filter(({ isHistory, value }) => isHistory && value.kind === 'gap')).toEqual([]);
  });

  it('is asked for once and for all', async () => {
    await eventually(async () => /parapet_query_history_left_seconds\{[^}]*\} 0\n/.test(await page()), 20_000);
    const filled = world.received.filter(({ isHistory }) => isHistory).length;
    await world.close(service);
    service = await world.serve();
    const live = values('shop.queue').length;
    await eventually(async () => values('shop.queue').length > live);
    await eventually(async () => /parapet_query_history_left_seconds\{[^}]*\} 0\n/.test(await page()));
    expect(world.received.filter(({ isHistory }) => isHistory).length).toBe(filled);
  });

  const page = async () => (await fetch(`${service.url}/metrics`)).text();
});

describe('while something is away', () => {
  it('nobody answers: a gap, and the missed instants once somebody does', async () => {
    way.isOpen = () => false;
    await eventually(async () => gaps('shop.queue').includes('unreachable'));
    const missed = world.of('shop.queue').find(({ value }) => value.kind === 'gap')?.atMs as number;
    way.isOpen = () => true;
    await eventually(async () => values('shop.queue').some(({ atMs }) => atMs > missed + EVERY_MS));
    const asked = values('shop.queue').map(({ atMs }) => atMs);
    expect(asked).toContain(missed);
    expect(asked.every((atMs, i) => i === 0 || atMs === (asked[i - 1] as number) + EVERY_MS)).toBe(true);
  });

  it('two instances ask once, and the second goes on where the first ends', async () => {
    const second = await world.serve();
    const from = world.received.length;
    await eventually(async () => world.received.slice(from).filter(({ signal }) => signal === 'shop.queue').length > 1);
    await world.close(service);
    service = second;
    const lastMs = Math.max(...values('shop.queue').map(({ atMs }) => atMs));
    await eventually(async () => values('shop.queue').some(({ atMs }) => atMs > lastMs), 15_000);
    const keys = values('shop.queue').map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const asked = values('shop.queue').map(({ atMs }) => atMs);
    expect(asked.every((atMs, i) => i === 0 || atMs === (asked[i - 1] as number) + EVERY_MS)).toBe(true);
  });
});

describe('a doubt', () => {
  const source = {
    name: 'shop-alertmanager',
    heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 5_000, isRequired: true },
    repeatIntervalMs: 10_000,
    groupIntervalMs: 5_000,
    doubtMs: 900_000,
    pairedWith: null,
  };
  const batchOf = (status: 'firing' | 'resolved'): NonNullable<SignalBatch['alerts']> => ({
    groupKey: '{}:{}',
    receiver: 'r',
    externalUrl: 'am',
    truncatedAlerts: 0,
    digest: status,
    statements: [
      {
        status,
        fingerprint: 'a',
        labels: {
          alertname: 'QueueLong',
          severity: 'critical',
          environment: 'production',
          job: 'shop',
          instance: '',
          cluster: 'eu',
        },
        annotations: {},
        startsAtMs: null,
        endsAtMs: null,
        generatorUrl: null,
        isContradicted: false,
      },
    ],
  });

  let repeatSeconds = 10;
  /** The next answer in which a rule speaks as it should. */
  async function answerWhere(isIt: (answer: PrometheusAnswer) => boolean): Promise<PrometheusAnswer> {
    const from = world.batches.length;
    await world.apply(alertsYaml(url, ++repeatSeconds));
    return await eventually(
      async () =>
        world.batches
          .slice(from)
          .flatMap(({ alerts }) => (alerts?.answer === undefined ? [] : [alerts.answer]))
          .find(isIt) ?? null,
      20_000,
    );
  }

  it('is settled by what the rules of a real Prometheus hold, and by nothing that a broken one says', async () => {
    const told = (state: AlertsState, status: 'firing' | 'resolved', receivedAtMs: number) => {
      const batch = batchOf(status);
      const [statement] = batch.statements;
      const instance = shopAddress;
      const whole = { ...batch, statements: [{ ...statement!, labels: { ...statement!.labels, instance } }] };
      return hear(state, [source], source, { receipt: status, part: 1, parts: 1, batch: whole, receivedAtMs }, [])
        .state;
    };
    const heard = (state: AlertsState, answer: PrometheusAnswer) =>
      hearAnswer(state, [source], source, { answer, isWhole: true, receivedAtMs: Date.now() }, []).state;
    const stateOf = (state: AlertsState) => Object.values(state.episodes)[0]?.state;
    const shopAddress = (await prometheus('queue_jobs'))[0]?.metric['instance'] ?? '';

    queue = 20;
    await eventually(async () => (await prometheus('ALERTS{alertname="QueueLong",alertstate="firing"}')).length > 0);
    let state = told(NO_ALERTS, 'firing', Date.now() - 5_000);
    state = told(state, 'resolved', Date.now() - 4_000);
    expect(stateOf(state)).toBe('unconfirmed');
    const active = await answerWhere(({ rules }) =>
      rules.some(({ alerts }) => alerts.some((one) => one.state === 'firing')),
    );
    expect(active.rules.map(({ name, isHealthy }) => [name, isHealthy])).toEqual([
      ['QueueLong', true],
      ['QueueBroken', false],
    ]);
    state = heard(state, active);
    expect(stateOf(state)).toBe('firing');

    queue = 3;
    const toldMs = Date.now();
    state = told(state, 'resolved', toldMs);
    expect(stateOf(state)).toBe('unconfirmed');
    await eventually(async () => (await prometheus('ALERTS{alertname="QueueLong"}')).length === 0);
    // What was evaluated before the end was said does not count.
    const inactive = await eventually(async () => {
      const answer = await answerWhere(() => true);
      const [rule] = answer.rules;
      return rule !== undefined && rule.alerts.length === 0 && (rule.evaluatedAtMs ?? 0) >= toldMs ? answer : null;
    }, 20_000);
    state = heard(state, inactive);
    expect(stateOf(state)).toBe('resolved');
  });
});
