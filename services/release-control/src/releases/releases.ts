import { ProblemError } from '@parapet/nest';
import type { ReleaseView } from '@parapet/contracts';
import type { GuardrailReport } from '@parapet/guardrails';
import type { Database, Tx } from '@parapet/postgres';
import type { JournalRow } from '@parapet/runtime';
import type { ReleaseStreams } from './release-streams.js';
import type { LastVerdicts } from './last-verdicts.js';
import { databaseNow, findRelease, findReleaseByName, type ReleasePlace } from './release-store.js';
import type { Staleness } from './staleness.js';
import { foldRows, releaseView } from './views.js';

/** `?name=` and `?environment=` of the address `by-name`. */
export interface ReleaseQuery {
  readonly name?: string;
  readonly environment?: string;
}

/** Finds and shows releases. */
export class Releases {
  constructor(
    private readonly db: Database,
    private readonly streams: ReleaseStreams,
    private readonly staleness: Staleness,
    private readonly last: LastVerdicts,
  ) {}

  /** A release by its id, or by the name people gave it; 404 where this tenant has none. */
  async find(tx: Tx, id: string, query: ReleaseQuery): Promise<ReleasePlace> {
    const found = await this.findMaybe(tx, id, query);
    if (found === null) throw unknownRelease(id, query);
    return found;
  }

  async findMaybe(tx: Tx, id: string, query: ReleaseQuery): Promise<ReleasePlace | null> {
    if (id !== 'by-name') return findRelease(tx, id);
    const { name, environment } = query;
    if (name === undefined || environment === undefined) {
      const field = name === undefined ? '/name' : '/environment';
      throw new ProblemError(422, 'invalid', 'by-name needs ?name= and ?environment=', { field });
    }
    return findReleaseByName(tx, environment, name);
  }

  /** The whole stream of a release, oldest first. */
  rowsOf(tx: Tx, place: ReleasePlace): Promise<JournalRow[]> {
    return this.streams.read(tx, place);
  }

  /** A release from its own stream; while it is watched, with how its guardrails stand at this moment. */
  async show(tenant: string, id: string, query: ReleaseQuery): Promise<ReleaseView> {
    return this.db.transact(tenant, async (tx) => {
      const place = await this.find(tx, id, query);
      const rows = await this.rowsOf(tx, place);
      const state = foldRows(rows);
      if (state === null) throw unknownRelease(id, query);
      this.last.saw(rows, await databaseNow(tx));
      const view = await this.staleness.shown(tx, releaseView(rows, state));
      // What was said for good stays as it was said: what is measured afterwards belongs to the release gone back to.
      const guardrails = view.final ? null : await guardrailsNow(tx, place.id);
      return guardrails === null || guardrails.length === 0 ? view : { ...view, guardrails };
    });
  }
}

function unknownRelease(id: string, query: ReleaseQuery): ProblemError {
  const what = id === 'by-name' ? `named ${query.name ?? ''} in ${query.environment ?? ''}` : id;
  return new ProblemError(404, 'unknown-release', `there is no release ${what}`);
}

/** What the evaluator says of each guardrail right now; null before the watch began. */
async function guardrailsNow(tx: Tx, release: string): Promise<readonly GuardrailReport[] | null> {
  const [row] = await tx.query<{ guardrails: readonly GuardrailReport[] }>(
    'SELECT guardrails FROM evaluation_watch WHERE tenant = $1 AND release = $2',
    [tx.tenant, release],
  );
  return row?.guardrails ?? null;
}
