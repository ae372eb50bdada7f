import type { ReleaseView, VerdictView } from '@parapet/contracts';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import { databaseNow } from './release-store.js';

/** What of a release decides whether somebody has to be watching it. */
export type Standing = Pick<ReleaseView, 'id' | 'phase' | 'verdict' | 'final'>;

/** How far the evaluator has come with a release, and since when it has had something to watch. */
export interface Progress {
  /** The evaluator's clock for the watch; null: there is no watch. */
  readonly clockMs: InstantMs | null;
  /** When `deploying` was recorded here, by our clock and not its sender's. */
  readonly deployingMs: InstantMs;
}

/** Whether nothing but a living evaluator keeps this verdict true: a fail stays a fail, and what is final is over. */
export function restsOnWatch({ phase, verdict, final }: Standing): boolean {
  return (phase === 'deploying' || phase === 'live') && !final && verdict !== 'fail';
}

/** Up to when a release was judged, if that is too long ago to be believed; null where it is recent. */
export function staleSince({ clockMs, deployingMs }: Progress, nowMs: InstantMs, boundMs: number): InstantMs | null {
  const judgedMs = clockMs ?? deployingMs;
  return nowMs - judgedMs > boundMs ? judgedMs : null;
}

/** A silence of ours is told apart from that of a sensor. */
export const OUR_SILENCE = {
  reason: 'stale',
  words: 'Not judged lately: our own evaluation has fallen silent.',
  advice: 'Look at the health of guardrail-evaluation and of its stream; the verdict goes on when it does.',
} as const;

/** The verdict where its evaluator has fallen silent: our own outage is inconclusive, never consent. */
export function staleVerdict(view: VerdictView, judgedMs: InstantMs): VerdictView {
  const asOf = formatInstant(judgedMs);
  const action = view.action === 'roll-back' ? 'roll-back' : 'hold';
  return { ...view, verdict: 'inconclusive', final: false, ...OUR_SILENCE, since: asOf, asOf, action };
}

/** The same for lists and pages. */
export function staleRelease(view: ReleaseView, judgedMs: InstantMs): ReleaseView {
  return { ...view, verdict: 'inconclusive', ...OUR_SILENCE, judgedUpTo: formatInstant(judgedMs) };
}

/** Finds the releases whose evaluator has been silent for longer than the bound. */
export class Staleness {
  constructor(private readonly boundMs: number) {}

  /** Up to when each stale one of these releases was judged. */
  async of(tx: Tx, releases: readonly Standing[]): Promise<ReadonlyMap<string, InstantMs>> {
    const watched = releases.filter(restsOnWatch).map((one) => one.id);
    if (watched.length === 0) return new Map();
    const nowMs = await databaseNow(tx);
    const rows = await tx.query<{ id: string; clock_ms: number | null; deploying_ms: number | null }>(
      `SELECT one.id, w.clock_ms, (SELECT floor(extract(epoch FROM min(j.recorded_at)) * 1000)::bigint FROM journal j
                WHERE j.tenant = $1 AND j.stream = one.id AND j.type = 'release.phase-changed') AS deploying_ms
         FROM unnest($2::text[]) AS one (id) LEFT JOIN evaluation_watch w ON w.tenant = $1 AND w.release = one.id`,
      [tx.tenant, watched],
    );
    return new Map(
      rows.flatMap(({ id, clock_ms, deploying_ms }) => {
        const since = staleSince({ clockMs: clock_ms, deployingMs: deploying_ms ?? nowMs }, nowMs, this.boundMs);
        return since === null ? [] : [[id, since] as const];
      }),
    );
  }

  /** A release as it is to be shown. */
  async shown(tx: Tx, view: ReleaseView): Promise<ReleaseView> {
    return (await this.shownAll(tx, [view]))[0] ?? view;
  }

  async shownAll(tx: Tx, views: readonly ReleaseView[]): Promise<readonly ReleaseView[]> {
    const stale = await this.of(tx, views);
    return views.map((view) => {
      const judgedMs = stale.get(view.id);
      return judgedMs === undefined ? view : staleRelease(view, judgedMs);
    });
  }
}
