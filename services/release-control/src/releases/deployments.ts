import { ProblemError } from '@parapet/nest';
import type { Refusal } from '@parapet/decisions';
import { formatInstant, parseInstant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import type { PhaseBody } from '../http/requests.js';
import { liveBeside, type ReleasePlace } from './release-store.js';
import type { By, ReleaseStreams } from './release-streams.js';

/** Moves releases through the phases that deployments report. */
export class Deployments {
  constructor(private readonly streams: ReleaseStreams) {}

  /** Changes the phase; where a release goes live, the live ones that share a component are superseded in the same transaction. */
  async changePhase(tx: Tx, place: ReleasePlace, body: PhaseBody, by: By): Promise<void> {
    const scope = body.scope === undefined ? undefined : scopeOf(body.scope);
    const acted = await this.streams.decide(tx, place, by, (nowMs) => ({
      type: 'ChangePhase',
      phase: body.phase,
      at: formatInstant((body.at === undefined ? null : parseInstant(body.at)) ?? nowMs),
      ...(scope === undefined ? {} : { scope }),
      by: by.actor.id,
    }));
    if (acted.refusal !== null) throw problemOf(acted.refusal);
    if (acted.events.length > 0 && body.phase === 'live')
      await this.supersedeOthers(tx, place, acted.state.registered, by);
  }

  private async supersedeOthers(
    tx: Tx,
    place: ReleasePlace,
    release: { readonly name: string; readonly components: readonly { readonly component: string }[] },
    by: By,
  ): Promise<void> {
    const others = await liveBeside(
      tx,
      place,
      release.components.map((c) => c.component),
    );
    for (const other of others) {
      await this.streams.decide(tx, other, by, (nowMs) => ({
        type: 'ChangePhase',
        phase: 'superseded',
        at: formatInstant(nowMs),
        by: by.actor.id,
        reason: `${release.name} (${place.id}) went live`,
      }));
    }
  }
}

function scopeOf(scope: NonNullable<PhaseBody['scope']>): {
  readonly stores?: readonly string[];
  readonly percent?: number;
} {
  return {
    ...(scope.stores === undefined ? {} : { stores: scope.stores }),
    ...(scope.percent === undefined ? {} : { percent: scope.percent }),
  };
}

/** A refusal of the decider as a problem over HTTP. */
export function problemOf(refusal: Refusal): ProblemError {
  const current = refusal.current ?? (refusal.why === undefined ? undefined : { why: refusal.why });
  return new ProblemError(refusal.status, refusal.code, refusal.detail, {
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    ...(current === undefined ? {} : { current }),
  });
}
