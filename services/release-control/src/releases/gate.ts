import { setTimeout as pause } from 'node:timers/promises';
import type { VerdictView } from '@parapet/contracts';
import { isAway } from '@parapet/jetstream';
import type { Database, Tx } from '@parapet/postgres';
import type { LastVerdicts } from './last-verdicts.js';
import { type Live, Waiter } from './live.js';
import { databaseNow } from './release-store.js';
import type { ReleaseQuery, Releases } from './releases.js';
import { type Staleness, staleVerdict } from './staleness.js';
import { isOtherVerdict, unknownRelease, verdictView } from './verdict.js';
import { foldRows } from './views.js';

/** How often a waiting asker's answer is looked at again: that the evaluator fell silent is no event that would wake it. */
const LOOK_AGAIN_MS = 2_000;
/** A server that is reached and says nothing is away too, and a gate does not wait for it. */
const ANSWER_MS = 5_000;

/** A release by id or name, and whether one that nobody registered is pending. */
export type GateQuery = ReleaseQuery & { readonly unknown?: string };

/** Says what a system that asks is to believe of a release, also while our own parts are away. */
export class Gate {
  constructor(
    private readonly db: Database,
    private readonly releases: Releases,
    private readonly live: Live,
    private readonly staleness: Staleness,
    private readonly last: LastVerdicts,
  ) {}

  /** The verdict; held until it changes or the time is over. */
  async ask(tenant: string, id: string, query: GateQuery, waitMs: number): Promise<VerdictView> {
    try {
      return await this.askNow(tenant, id, query, waitMs);
    } catch (error) {
      if (!isAway(error)) throw error;
      const known = this.last.whileAway(tenant, id, query);
      if (known === null) throw error;
      return known;
    }
  }

  private async askNow(tenant: string, id: string, query: GateQuery, waitMs: number): Promise<VerdictView> {
    const first = await this.look(tenant, id, query);
    if (waitMs === 0 || first.reason === 'unknown-release') return first;
    const waiter = new Waiter(this.live, tenant, first.release);
    const endsAtMs = Date.now() + waitMs;
    try {
      for (;;) {
        const now = await this.look(tenant, first.release, {});
        const restMs = endsAtMs - Date.now();
        if (isOtherVerdict(first, now) || restMs <= 0 || this.live.stopped) return now;
        await waiter.next(Math.min(restMs, LOOK_AGAIN_MS));
      }
    } finally {
      waiter.close();
    }
  }

  private look(tenant: string, id: string, query: GateQuery): Promise<VerdictView> {
    return answeredWithin(
      ANSWER_MS,
      this.db.transact(tenant, (tx) => this.lookIn(tx, id, query)),
    );
  }

  private async lookIn(tx: Tx, id: string, query: GateQuery): Promise<VerdictView> {
    const nowMs = await databaseNow(tx);
    const place = await (query.unknown === 'pending'
      ? this.releases.findMaybe(tx, id, query)
      : this.releases.find(tx, id, query));
    const rows = place === null ? [] : await this.releases.rowsOf(tx, place);
    const state = foldRows(rows);
    if (place === null || state === null) return unknownRelease(id, nowMs);
    const said = verdictView(rows, state, nowMs);
    const standing = { id: place.id, phase: state.phase, verdict: said.verdict, final: said.final };
    const judgedMs = (await this.staleness.of(tx, [standing])).get(place.id);
    const view = judgedMs === undefined ? said : staleVerdict(said, judgedMs);
    const { environment, name } = state.registered;
    this.last.remember({ tenant: tx.tenant, environment, name }, view);
    return view;
  }
}

/** The answer, or an error that means that nobody answers. */
async function answeredWithin<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = new AbortController();
  const tooLate = pause(ms, undefined, { signal: late.signal }).then((): never => {
    throw Object.assign(new Error(`PostgreSQL gave no answer within ${ms} ms`), { code: 'ETIMEDOUT' });
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    tooLate.catch(() => {});
    late.abort();
  }
}
