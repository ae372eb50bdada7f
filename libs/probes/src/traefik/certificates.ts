import type { InstantMs } from '@parapet/kernel';
import type { Finding } from '../present.js';
import { MeasurementFailed } from '../probe.js';
import { METRICS, type Page } from './page.js';

const DAY_S = 86_400;

/**
 * How many days each certificate still has. After a renewal the page shows the old one beside the new one for a while: of those
 * with one name the newest counts, since that is the one that is served.
 */
export function certificateFindings({ lines }: Page, nowMs: InstantMs): readonly Finding[] {
  const ends = new Map<string, number>();
  for (const { metric, labels, value } of lines) {
    if (metric !== METRICS.certificates) continue;
    if (!Number.isFinite(value)) throw new MeasurementFailed('bad-answer', `${metric} is ${value}: no instant`);
    const name = nameOf(labels);
    ends.set(name, Math.max(ends.get(name) ?? value, value));
  }
  if (ends.size === 0) {
    throw new MeasurementFailed(
      'missing',
      'no certificate on the page: this Traefik ends no TLS; set certificates: false',
    );
  }
  return [...ends].map(([certificate, endS]) => ({
    signal: 'traefik.certificate.left',
    value: { kind: 'gauge', value: (endS - nowMs / 1000) / DAY_S },
    dimensions: { certificate },
  }));
}

/** The common name; newer certificates have none, and are known by the first of their names. */
function nameOf(labels: Readonly<Record<string, string>>): string {
  const names = [labels['cn'] ?? '', ...(labels['sans'] ?? '').split(',')];
  return names.find((name) => name !== '') ?? `serial ${labels['serial'] ?? 'unknown'}`;
}
