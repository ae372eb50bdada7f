import type { InstantMs } from '@parapet/kernel';

/** A release as far as an alert may be its doing. */
export interface Candidate {
  readonly release: string;
  readonly name: string;
  readonly components: readonly string[];
  /** First `deploying`; null before. */
  readonly startMs: InstantMs | null;
  readonly liveAtMs: InstantMs | null;
  /** Superseded, rolled back or refused; null while it runs. */
  readonly endedAtMs: InstantMs | null;
}

/** To which release an alert belongs; unattached ones are shown with every candidate and blamed on none. */
export type Attachment =
  | { readonly kind: 'attached'; readonly release: string }
  | { readonly kind: 'unattached'; readonly candidates: readonly string[] };

const SERVICE_LABEL = 'service';

/**
 * First the label that names a release; without it, the release of the component named by `service` that ran when the alert
 * began, and of two the one whose deployment was under way.
 */
export function attach(
  labels: Readonly<Record<string, string>>,
  releaseLabel: string,
  startsAtMs: InstantMs,
  releases: readonly Candidate[],
): Attachment {
  const named = Object.hasOwn(labels, releaseLabel) ? labels[releaseLabel] : undefined;
  if (named !== undefined && named !== '') return only(releases.filter((r) => r.name === named && r.startMs !== null));
  const service = Object.hasOwn(labels, SERVICE_LABEL) ? labels[SERVICE_LABEL] : undefined;
  if (service === undefined || service === '') return { kind: 'unattached', candidates: [] };
  const running = releases.filter((r) => r.components.includes(service) && ranAt(r, startsAtMs));
  const underWay = running.filter((r) => r.liveAtMs === null || startsAtMs < r.liveAtMs);
  return only(underWay.length > 0 ? underWay : running);
}

function ranAt(release: Candidate, atMs: InstantMs): boolean {
  const hasBegun = release.startMs !== null && release.startMs <= atMs;
  return hasBegun && (release.endedAtMs === null || atMs < release.endedAtMs);
}

function only(releases: readonly Candidate[]): Attachment {
  const [one] = releases;
  if (one !== undefined && releases.length === 1) return { kind: 'attached', release: one.release };
  return { kind: 'unattached', candidates: releases.map((r) => r.release) };
}
