import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SignalBatch } from '@parapet/contracts';
import type { RunningService } from '@parapet/nest';
import { type AlertsState, hear, hearAnswer, NO_ALERTS, type PrometheusAnswer } from '@parapet/signals';
import {
  alertsYaml,
  askedYaml,
  EVERY_MS,
  HISTORY_HOURS,
  pastOf,
  presentOf,
  prometheusYaml,
  RULES,
} from '../../test/asked-shop.js';
import { AskedWorld, type Question, ScrapedShop, TENANT, Way } from '../../test/asked.js';
import { eventually } from '../../test/world.js';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;

let startedMs: number;
let queue = 3;
let world: AskedWorld;
let way: Way;
let url: string;
let service: RunningService;
const shop = new ScrapedShop();

beforeAll(async () => {
  process.env['SHOP_PROMETHEUS_READ_TOKEN'] = 'read-only';
  process.env['SHOP_ALERTMANAGER_TOKEN'] = 'nobody';
  startedMs = Date.now();
  shop.lines = () => presentOf(startedMs, queue);
  const target = await shop.open();
  const minuteMs = Math.floor(startedMs / 60_000) * 60_000;
  world = await AskedWorld.start({
    configYaml: prometheusYaml(target),
    rulesYaml: RULES,
    pastOpenMetrics: pastOf(minuteMs - 60_000),
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
    const askedFor = () =>
      way.asked.filter(({ path, form }) => path === '/api/v1/query' && form.get('query') === 'sum(').length;
    const before = { asked: askedFor(), gaps: gaps('no.query').length };
    await eventually(async () => gaps('no.query').length > before.gaps);
    expect(askedFor()).toBe(before.asked);
    const reasons = (await tell()).map(({ reason }) => reason);
    expect(reasons).toEqual([expect.stringMatching(/^bad-query: no\.query: .*parse error/)]);
  });
});

describe('the source of the page, pasted', () => {
  it('gives each of its signals a value, with its token', async () => {
    const told = async (signal: string) => {
      await eventually(async () => values(signal).length >= 2, 15_000);
      return values(signal)
        .slice(0, 2)
        .map(({ value, dimensions }) => ({ ...dimensions, ...value }));
    };
    expect(await told('shop.http.errors')).toEqual([
      { store: 'lyon', kind: 'count', count: expect.any(Number), of: expect.any(Number) },
      // No series is no error here, because the query says so.
      { store: 'nice', kind: 'count', count: 0, of: expect.any(Number) },
    ]);
    expect(await told('shop.orders.placed')).toMatchObject([{ of: EVERY_MS / 1000 }, { of: EVERY_MS / 1000 }]);
    expect(await told('shop.http.seconds')).toMatchObject([{ bounds: [0.1, 0.5] }, { bounds: [0.1, 0.5] }]);
    expect(await told('shop.carts.open')).toMatchObject([{ value: 41 }, { value: 41 }]);
    expect(way.asked.some(({ authorization }) => authorization === 'Bearer read-only')).toBe(true);
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

  it('is filled at some time', async () => {
    const page = async () => (await fetch(`${service.url}/metrics`)).text();
    const isFilled = /parapet_query_history_left_seconds\{[^}]*source="shop-prometheus"[^}]*\} 0\n/;
    await eventually(async () => isFilled.test(await page()), 20_000);
  });
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

  it('two instances ask once, and the second goes on where the first ends, without asking for the past again', async () => {
    const filled = world.received.filter(({ isHistory }) => isHistory).length;
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
    expect(world.received.filter(({ isHistory }) => isHistory).length).toBe(filled);
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
