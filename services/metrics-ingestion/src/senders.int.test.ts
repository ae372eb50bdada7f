import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AlertsState, type AlertStatement, type EpisodeChange, hear, NO_ALERTS } from '@parapet/signals';
import { fingerprintOf } from './alerts/fingerprint.js';
import { Senders } from '../test/senders.js';
import { eventually, type StoredBatch } from '../test/world.js';

/** A running Prometheus and a running Alertmanager tell us of the same alert: what SIGNALS holds of it, and what follows. */

interface Said extends AlertStatement {
  readonly receivedAtMs: number;
  readonly batch: StoredBatch['batch'];
}

describe('a Prometheus that pushes to us, and its Alertmanager', () => {
  let senders: Senders;
  beforeAll(async () => {
    senders = await Senders.start();
  }, 120_000);
  afterAll(async () => {
    await senders?.stop();
  }, 30_000);

  const said = async (source: string, alertname = 'OrdersFail'): Promise<readonly Said[]> =>
    (await senders.world.stored())
      .filter(({ batch }) => batch.source === source)
      .flatMap(({ batch, receivedAtMs }) =>
        (batch.alerts?.statements ?? [])
          .filter(({ labels }) => labels['alertname'] === alertname)
          .map((statement) => ({ ...statement, receivedAtMs, batch })),
      );

  it('both bring the heartbeat before anything is wrong', async () => {
    for (const source of ['shop-rules', 'edge'])
      await eventually(async () => (await said(source, 'Watchdog')).length > 0, 20_000);
    expect(await said('shop-rules')).toEqual([]);
  }, 30_000);

  it('a firing alert arrives as a lease of four resend delays, with its labels, annotations and sender', async () => {
    senders.fail(true);
    const [first] = await eventually(async () => {
      const all = await said('shop-rules');
      return all.length > 0 && all;
    });
    expect(first).toMatchObject({
      status: 'firing',
      isLease: true,
      annotations: { summary: 'Orders fail', value: '3', limit: '0' },
      generatorUrl: expect.stringContaining('/graph?'),
      batch: { environment: 'production', alerts: { isUngrouped: true, groupKey: '', truncatedAlerts: 0 } },
    });
    expect({ ...first?.labels }).toEqual({
      alertname: 'OrdersFail',
      environment: 'production',
      service: 'odoo-web',
      guardrail: 'orders',
      severity: 'critical',
      instance: expect.any(String),
      job: 'shop',
    });
    expect(first?.generatorUrl).toContain(`${first?.batch.alerts?.externalUrl}/graph?`);
    const leaseMs = (first?.endsAtMs as number) - (first?.receivedAtMs as number);
    expect(leaseMs).toBeGreaterThan(2_000);
    expect(leaseMs).toBeLessThanOrEqual(4_000);
  }, 20_000);

  it('is sent again with a longer lease: the same alert, the same start', async () => {
    const all = await eventually(async () => {
      const pushes = await said('shop-rules');
      return new Set(pushes.map(({ endsAtMs }) => endsAtMs)).size > 1 && pushes;
    });
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(new Set(all.map(({ startsAtMs }) => startsAtMs)).size).toBe(1);
  }, 20_000);

  it('has the fingerprint that Alertmanager gives it', async () => {
    const [pushed] = await said('shop-rules');
    const [grouped] = await eventually(async () => {
      const all = await said('edge');
      return all.length > 0 && all;
    });
    expect(grouped?.fingerprint).toBe(pushed?.fingerprint);
    expect(pushed?.fingerprint).toBe(fingerprintOf(pushed?.labels ?? {}));
    expect(grouped?.isLease).toBeUndefined();
    expect(grouped?.batch.alerts?.groupKey).toContain('service="odoo-web"');
  }, 20_000);

  it('resolves, first as a lease that has just run out, then as an end; and Alertmanager says the same', async () => {
    senders.fail(false);
    const resolved = await eventually(
      async () => (await said('shop-rules')).find(({ status }) => status === 'resolved'),
      20_000,
    );
    expect(resolved.receivedAtMs - (resolved.endsAtMs as number)).toBeGreaterThanOrEqual(5_000);
    const earlier = (await said('shop-rules')).filter(({ endsAtMs }) => endsAtMs === resolved.endsAtMs);
    expect(earlier[0]?.status).toBe('firing');
    await eventually(async () => (await said('edge')).some(({ status }) => status === 'resolved'), 20_000);
  }, 40_000);

  it('all of that is one episode of one alert', async () => {
    const watcher = senders.world.watcher();
    const sources = ['shop-rules', 'edge'].map((name) => {
      const source = watcher.source(name)?.source;
      if (source === undefined) throw new Error(`no source ${name}`);
      // The heartbeats are another story: with them an end waits for the next two.
      return { ...source, heartbeat: null };
    });
    const { fingerprint } = (await said('shop-rules'))[0] as Said;
    const changes: EpisodeChange[] = [];
    let state: AlertsState = NO_ALERTS;
    for (const { batch, receivedAtMs } of await senders.world.stored()) {
      const source = sources.find(({ name }) => name === batch.source);
      if (source === undefined || batch.alerts === null) continue;
      const { receipt, part, parts } = batch;
      const step = hear(state, sources, source, { receipt, part, parts, batch: batch.alerts, receivedAtMs }, []);
      changes.push(...step.changes.filter((change) => change.fingerprint === fingerprint));
      state = step.state;
    }
    expect(changes[0]).toMatchObject({ from: null, to: 'firing', number: 1 });
    expect(new Set(changes.map(({ number }) => number))).toEqual(new Set([1]));
    expect(changes.at(-1)?.to).toBe('resolved');
  });

  it('no push failed, as Prometheus sees it', async () => {
    const page = await (await fetch(new URL('/metrics', senders.prometheus.url))).text();
    const of = (name: string) =>
      [...page.matchAll(new RegExp(`^${name}\\{alertmanager="([^"]*)"\\} (\\S+)$`, 'gm'))].map(
        ([, alertmanager, count]) => [String(alertmanager).replace(/^\w+:\/\/[^/]*/, ''), Number(count) > 0],
      );
    const [ours, theirs] = ['/v1/ingest/prometheus/shop-rules/api/v2/alerts', '/api/v2/alerts'];
    expect(Object.fromEntries(of('prometheus_notifications_sent_total'))).toEqual({ [ours]: true, [theirs]: true });
    expect(Object.fromEntries(of('prometheus_notifications_errors_total'))).toEqual({ [ours]: false, [theirs]: false });
  });

  it('3 000 alerts of one group arrive whole: one message, one receipt, every alert once', async () => {
    const alerts = Array.from({ length: 3_000 }, (_, i) => ({
      labels: {
        alertname: 'TillDown',
        guardrail: 'tills',
        environment: 'production',
        release: 'r1',
        service: 'pos',
        till: `t${i}`,
      },
      annotations: { summary: `till ${i} does not answer` },
    }));
    const posted = await fetch(new URL('/api/v2/alerts', senders.alertmanager.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(posted.status).toBe(200);
    const whole = await eventually(async () => {
      const all = await said('edge', 'TillDown');
      const receipts = [...new Set(all.map(({ batch }) => batch.receipt))];
      return receipts
        .map((receipt) => all.filter(({ batch }) => batch.receipt === receipt))
        .find((statements) => statements.length >= 3_000);
    }, 20_000);
    const tills = whole.map(({ labels }) => labels['till'] as string);
    expect(tills.sort()).toEqual(alerts.map(({ labels }) => labels.till).sort());
    const { parts } = (whole[0] as Said).batch;
    expect(parts).toBeGreaterThan(1);
    expect([...new Set(whole.map(({ batch }) => batch.part))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: parts }, (_, i) => i + 1),
    );
    expect(new Set(whole.map(({ fingerprint }) => fingerprint)).size).toBe(3_000);
    const [first] = whole;
    expect(first?.fingerprint).toBe(fingerprintOf(first?.labels ?? {}));
  }, 40_000);
});
