import { toJournal } from '@parapet/contracts';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Database, Journal, Relay } from '@parapet/postgres';
import { cleanText } from './json.js';

const REASON_CHARACTERS_MAX = 400;

/** Where the journal's rows of this service are written and sent on their way. */
export interface SourceJournal {
  readonly db: Database;
  readonly journal: Journal;
  readonly relay: Relay;
}

/** A source that people are told about. */
export interface ToldSource {
  readonly tenant: string;
  readonly name: string;
  readonly environments: readonly string[];
}

/** Writes down that nothing can be had of a source, and why; answers the type of the row. */
export async function journalRefusal(
  { db, journal, relay }: SourceJournal,
  { tenant, name, environments }: ToldSource,
  reason: string,
  sinceMs: InstantMs,
): Promise<string> {
  const event = toJournal({
    type: 'SourceRefused',
    source: name,
    since: formatInstant(sinceMs),
    reason: cleanText(reason.slice(0, REASON_CHARACTERS_MAX)),
    affected: environments,
  });
  const stream = { tenant, stream: `source:${name}`, environment: environments[0] as string, workload: 'none' };
  await db.transactRetrying(tenant, async (tx) => {
    await journal.append(tx, stream, 'any', [event], { actor: { kind: 'service', id: 'metrics-ingestion' } });
    tx.afterCommit(() => relay.nudge(tenant));
  });
  return event.type;
}
