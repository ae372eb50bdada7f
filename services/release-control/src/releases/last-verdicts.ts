import type { VerdictView } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import type { JournalRow } from '@parapet/runtime';
import type { ReleaseQuery } from './releases.js';
import { verdictView } from './verdict.js';
import { foldRows } from './views.js';

const REMEMBERED = 10_000;

/** While the database is away, what is known is what was known. */
const OUR_ABSENCE = {
  reason: 'stale',
  words: 'Nothing newer is known: our own database is away.',
  advice: 'Look at the health of PostgreSQL; the verdict goes on when it is back.',
} as const;

/** Whose release it is, and the name under which it may be asked for. */
export interface Remembered {
  readonly tenant: string;
  readonly environment: string;
  readonly name: string;
}

/**
 * Every release that this instance has read or changed, as it stood then: while PostgreSQL is away a gate is told that as
 * inconclusive, with its age. Our own trouble neither promotes nor rolls back.
 */
export class LastVerdicts {
  private readonly views = new Map<string, VerdictView>();
  private readonly names = new Map<string, string>();

  /** From a release's rows, as they were read or committed. */
  saw(rows: readonly JournalRow[], nowMs: InstantMs): void {
    const [first] = rows;
    const state = foldRows(rows);
    if (first === undefined || state === null) return;
    const { name, environment } = state.registered;
    this.remember({ tenant: first.tenant, environment, name }, verdictView(rows, state, nowMs));
  }

  remember({ tenant, environment, name }: Remembered, view: VerdictView): void {
    keep(this.views, keyOf(tenant, view.release), view);
    keep(this.names, keyOf(tenant, environment, name), view.release);
  }

  /** What to say of a release, asked for by id or by name; null where this instance has never seen it. */
  whileAway(tenant: string, id: string, query: ReleaseQuery): VerdictView | null {
    const release = id === 'by-name' ? this.names.get(keyOf(tenant, query.environment ?? '', query.name ?? '')) : id;
    const last = release === undefined ? undefined : this.views.get(keyOf(tenant, release));
    if (last === undefined) return null;
    const action = last.action === 'roll-back' ? 'roll-back' : 'hold';
    return { ...last, verdict: 'inconclusive', final: false, ...OUR_ABSENCE, action };
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** The newest last; the oldest goes first. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > REMEMBERED && !oldest.done) map.delete(oldest.value);
}
