import { createHash } from 'node:crypto';
import type { SignalBatch } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import type { AlertStatement, Sample, SampleValue } from '@parapet/signals';
import type { Chance } from '@parapet/testkit';
import { ENVIRONMENT, HEARTBEAT_MS, INTERVAL_MS, REPEAT_MS, TENANT, WATCHDOG } from './configuration.js';
import { MINUTE_MS, type Plot, SECOND_MS, START_MS, type Symptom } from './plot.js';
import type { ShopTarget } from './target.js';
import type { World } from './world.js';

const HEALTHY_FAILURES = 0.02;
const BAD_FAILURES = 0.35;

/** A time in which a sensor gives no value; null where it says nothing at all. */
interface Quiet {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
  readonly says: SampleValue | null;
}

/** One part of the shop as it trades, and as it is measured. */
export class Shop {
  private readonly chance: Chance;
  private readonly quiet: Readonly<Record<'orders' | 'latency', readonly Quiet[]>>;

  constructor(
    private readonly world: World,
    private readonly plot: Plot,
    private readonly target: ShopTarget,
  ) {
    this.chance = world.chance.apart(`shop ${plot.component}`);
    this.quiet = this.drawSensors();
    this.measure();
  }

  /** Whether customers feel the bad version just now. */
  shows(symptom: Symptom): boolean {
    const hasBegun = this.world.clock.nowMs() >= this.plot.deployAtMs + this.plot.onsetMs[symptom];
    return this.plot.isBad && hasBegun && this.target.version === '2' && this.plot.symptoms.includes(symptom);
  }

  private measure(): void {
    this.world.clock.after(INTERVAL_MS, () => {
      const atMs = this.world.clock.nowMs();
      const of = this.chance.between(10, 30);
      const bad = this.chance.count(of, this.shows('orders') ? BAD_FAILURES : HEALTHY_FAILURES);
      const seconds = (this.shows('latency') ? 8 : 1) + this.chance.next();
      const samples = [
        ...this.sample('orders', atMs, { kind: 'count', count: of - bad, of }),
        ...this.sample('latency', atMs, { kind: 'gauge', value: seconds }),
      ];
      if (samples.length > 0) this.world.signals.send(batchOf(this.world, 'tills', samples, null), 20);
      this.measure();
    });
  }

  private sample(what: 'orders' | 'latency', atMs: InstantMs, measured: SampleValue): readonly Sample[] {
    const gap = this.quiet[what].find((span) => atMs >= span.fromMs && atMs < span.toMs);
    const value = gap === undefined ? measured : gap.says;
    if (value === null) return [];
    const signal = `${this.plot.component}.${what}`;
    return [{ signal, atMs, value, dimensions: {}, key: `${signal} ${atMs}` }];
  }

  /** Half of the troubles are both sensors' (they share a network), half are one sensor's alone. */
  private drawSensors(): typeof this.quiet {
    const troubled = this.drawQuiet();
    return this.chance.one([
      { orders: troubled, latency: troubled },
      { orders: troubled, latency: this.drawQuiet() },
      { orders: troubled, latency: [] },
      { orders: [], latency: troubled },
    ]);
  }

  private drawQuiet(): readonly Quiet[] {
    const { sensors, deployAtMs } = this.plot;
    const says = (): SampleValue | null =>
      this.chance.one([null, { kind: 'gap', reason: 'unreachable' }, { kind: 'gap', reason: 'not-a-number' }]);
    const forEver = Number.POSITIVE_INFINITY;
    switch (sensors) {
      case 'whole':
        return [];
      case 'silent-from-the-start':
        return [{ fromMs: deployAtMs - MINUTE_MS, toMs: forEver, says: says() }];
      case 'fall-silent':
        // Half of them so late that enough was covered by then: only their silence at the end tells.
        return [
          {
            fromMs:
              deployAtMs + this.chance.one([this.chance.between(30, 470), this.chance.between(470, 560)]) * SECOND_MS,
            toMs: forEver,
            says: says(),
          },
        ];
      case 'with-gaps':
        return Array.from({ length: 12 }, () => {
          const fromMs = START_MS + this.chance.between(1, 60) * MINUTE_MS;
          return { fromMs, toMs: fromMs + this.chance.between(10, 70) * SECOND_MS, says: says() };
        });
    }
  }
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly isFiring: (atMs: InstantMs) => boolean;
  startsAtMs: InstantMs | null;
}

/** The Alertmanager of the shop: a watchdog, and a group of alerts for each part. */
export class Alertmanager {
  private readonly chance: Chance;

  constructor(
    private readonly world: World,
    parts: readonly { readonly plot: Plot; readonly shop: Shop }[],
  ) {
    this.chance = world.chance.apart('alertmanager');
    const began = START_MS + MINUTE_MS;
    this.group('watchdog', HEARTBEAT_MS, [{ labels: WATCHDOG, isFiring: () => true, startsAtMs: null }]);
    this.group('mail', REPEAT_MS, [alert('MailDown', 'mail', (atMs) => atMs > began + 30 * MINUTE_MS)]);
    for (const { plot, shop } of parts) {
      this.group(plot.component, REPEAT_MS, [
        alert('CheckoutFails', plot.component, () => shop.shows('alert')),
        // Older than the release that it names: none of its doing.
        alert('DiskFull', plot.component, (atMs) => plot.hasOldAlert && atMs > began, { release: plot.name }),
      ]);
    }
  }

  /** Looks every few seconds; tells what changed at once, and what still fires at every repeat. */
  private group(name: string, repeatMs: number, alerts: readonly Alert[]): void {
    let toldAtMs: InstantMs | null = null;
    const look = () => {
      const atMs = this.world.clock.nowMs();
      const changed = alerts.filter((one) => one.isFiring(atMs) !== (one.startsAtMs !== null));
      const resolved = changed.filter((one) => one.startsAtMs !== null);
      const statements = [
        ...resolved.map((one) => statementOf(one, 'resolved', atMs)),
        ...alerts.filter((one) => one.isFiring(atMs)).map((one) => statementOf(one, 'firing', atMs)),
      ];
      for (const one of resolved) one.startsAtMs = null;
      for (const one of changed) if (!resolved.includes(one)) one.startsAtMs = atMs;
      const isRepeatDue = statements.length > 0 && (toldAtMs === null || atMs - toldAtMs >= repeatMs);
      if (changed.length > 0 || isRepeatDue) {
        toldAtMs = atMs;
        this.tell(name, statements);
      }
      this.world.clock.after(5 * SECOND_MS, look);
    };
    this.world.clock.after(this.chance.between(1, 5_000), look);
  }

  private tell(groupKey: string, statements: readonly AlertStatement[]): void {
    const silent = this.world.story.alertsSilent;
    const atMs = this.world.clock.nowMs();
    if (silent !== null && atMs >= silent.fromMs && atMs < silent.toMs) return;
    const alerts = {
      groupKey,
      receiver: 'parapet',
      externalUrl: 'http://alertmanager',
      truncatedAlerts: 0,
      digest: createHash('sha256').update(JSON.stringify(statements)).digest('hex'),
      statements,
    };
    this.world.signals.send(batchOf(this.world, 'alertmanager', [], alerts), 3);
  }
}

function alert(alertname: string, service: string, isFiring: Alert['isFiring'], also: Alert['labels'] = {}): Alert {
  return { labels: { alertname, service, severity: 'critical', ...also }, isFiring, startsAtMs: null };
}

function statementOf(one: Alert, status: 'firing' | 'resolved', atMs: InstantMs): AlertStatement {
  return {
    status,
    fingerprint: createHash('sha256').update(JSON.stringify(one.labels)).digest('hex').slice(0, 16),
    labels: one.labels,
    annotations: {},
    startsAtMs: one.startsAtMs ?? atMs,
    endsAtMs: status === 'resolved' ? atMs : null,
    generatorUrl: null,
    isContradicted: false,
  };
}

function batchOf(world: World, source: string, samples: readonly Sample[], alerts: SignalBatch['alerts']): SignalBatch {
  return {
    receipt: world.makeId('rcp'),
    part: 1,
    parts: 1,
    tenant: TENANT,
    environment: ENVIRONMENT,
    source,
    samples,
    alerts,
  };
}
