import type { InstantMs } from '@parapet/kernel';
import { MeasurementFailed } from '../probe.js';
import { type Exposed, NotExposition, readExposition } from './exposition.js';

/** On every metrics page of Traefik, whatever it routes: without it the page is somebody else's. */
const ALWAYS = 'traefik_config_reloads_total';
/** When the counters began: they start with the process. */
const STARTED = 'process_start_time_seconds';

/** What requests are counted by. */
export type RouteKind = 'service' | 'router';

/** The metrics that are read of a page, by what they are counted by (odoo-kpis 6). */
export const METRICS = {
  service: metricsOf('service'),
  router: metricsOf('router'),
  certificates: 'traefik_tls_certs_not_after',
} as const;

function metricsOf(kind: RouteKind) {
  const duration = `traefik_${kind}_request_duration_seconds`;
  return { requests: `traefik_${kind}_requests_total`, bucket: `${duration}_bucket`, sum: `${duration}_sum` } as const;
}

/** What was read of a metrics page. */
export interface Page {
  readonly lines: readonly Exposed[];
  /** Seconds since the counters began; where the page does not say, since 1970: only its growth is used. */
  readonly countedS: number;
}

/** Reads the wanted metrics of a page; throws MeasurementFailed where the page is not one of Traefik. */
export function readPage(text: string, wanted: readonly string[], nowMs: InstantMs): Page {
  const lines = exposed(text, new Set([...wanted, ALWAYS, STARTED]));
  if (!lines.some(({ metric }) => metric === ALWAYS)) {
    throw new MeasurementFailed('bad-answer', `this is no metrics page of Traefik: ${ALWAYS} is not on it`);
  }
  const started = lines.find(({ metric }) => metric === STARTED)?.value ?? 0;
  const startedS = Number.isFinite(started) && started > 0 ? started : 0;
  // A clock of Traefik's machine that is ahead of ours must not make a negative time of it.
  const countedS = Math.max(0, nowMs / 1000 - startedS);
  return { lines: lines.filter(({ metric }) => metric !== ALWAYS && metric !== STARTED), countedS };
}

function exposed(text: string, wanted: ReadonlySet<string>): readonly Exposed[] {
  try {
    return readExposition(text, wanted);
  } catch (error) {
    if (!(error instanceof NotExposition)) throw error;
    throw new MeasurementFailed('bad-answer', error.message, { cause: error });
  }
}
