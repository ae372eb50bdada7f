import type { Guardrail } from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import { type Configuration, sendsAlerts, type SignalSource } from '@parapet/policy';
import { type AlertsState, lastHeardMs, sourceHealth } from '@parapet/signals';
import type { Tx } from '@parapet/postgres';
import { findAlerts } from '../alerts/alert-store.js';
import { databaseNow } from '../releases/release-store.js';

/** What can be said about a guardrail's data in one environment. */
export interface Heard {
  /** When the newest value came, or the source that is heard least was heard last; null for never. */
  readonly atMs: InstantMs | null;
  /** Whether that is within what the guardrail calls fresh. */
  readonly isFresh: boolean;
}

const MINUTE_MS = 60_000;
/** History is written a batch at a time: what was heard may be that much younger than what is written. */
const WRITTEN_WITHIN_MS = 30_000;

/** Looks at what came in for the guardrails of one environment; one look at its alerts serves them all. */
export class HeardIn {
  private alerts: AlertsState | null = null;
  private nowMs: InstantMs | null = null;

  constructor(
    private readonly tx: Tx,
    private readonly configuration: Configuration,
    private readonly environment: string,
  ) {}

  async of(guardrail: Guardrail): Promise<Heard> {
    this.nowMs ??= await databaseNow(this.tx);
    if (guardrail.test.kind === 'alerts')
      return this.ofSources(alertSources(this.configuration, this.environment, guardrail), this.nowMs);
    const [row] = await this.tx.query<{ at: number }>(
      `SELECT floor(extract(epoch FROM minute) * 1000)::bigint AS at FROM evaluation_rollup
        WHERE tenant = $1 AND environment = $2 AND signal = $3 AND dimensions @> $4::jsonb AND minute > now() - interval '36 days'
        ORDER BY minute DESC LIMIT 1`,
      [this.tx.tenant, this.environment, guardrail.signal, JSON.stringify(guardrail.where)],
    );
    if (row === undefined) return { atMs: null, isFresh: false };
    // A roll-up names the minute it began; its values may be as young as its end.
    const atMs = Math.min(this.nowMs, row.at + MINUTE_MS);
    return { atMs, isFresh: this.nowMs - atMs <= guardrail.staleAfterMs + WRITTEN_WITHIN_MS };
  }

  private async ofSources(sources: readonly SignalSource[], nowMs: InstantMs): Promise<Heard> {
    this.alerts ??= await findAlerts(this.tx, this.environment);
    const alerts = { ...this.alerts, clockMs: Math.max(this.alerts.clockMs, nowMs) };
    const heard = sources.map((source) => lastHeardMs(alerts, source));
    const never = heard.length === 0 || heard.includes(null);
    return {
      atMs: never ? null : Math.min(...heard.map((atMs) => atMs ?? 0)),
      isFresh: !never && sources.every((source) => sourceHealth(alerts, source) === 'alive'),
    };
  }
}

/** The sources that an alert guardrail listens to in an environment. */
export function alertSources(
  configuration: Configuration,
  environment: string,
  { test }: Guardrail,
): readonly SignalSource[] {
  const named = test.kind === 'alerts' ? test.sources : [];
  return configuration.signalSources.filter(
    (source) =>
      sendsAlerts(source) &&
      source.environments.includes(environment) &&
      (named.length === 0 || named.includes(source.name)),
  );
}
