import type { InstantMs } from '@parapet/kernel';
import { z } from 'zod';
import { MeasurementFailed } from '../probe.js';

/** What we read of `pgbackrest info --output=json`; fields that a newer version adds do not matter. */
const stanzas = z.array(
  z.object({
    name: z.string(),
    status: z.object({ code: z.int(), message: z.string() }),
    db: z.array(z.object({ id: z.int(), 'repo-key': z.int().optional() })),
    archive: z.array(
      z.object({
        database: z.object({ id: z.int(), 'repo-key': z.int().optional() }),
        max: z.string().nullish(),
      }),
    ),
    backup: z.array(
      z.object({
        label: z.string(),
        type: z.enum(['full', 'diff', 'incr']),
        /** Pages with a wrong checksum; absent from what older versions wrote. */
        error: z.boolean().nullish(),
        reference: z.array(z.string()).nullish(),
        timestamp: z.object({ stop: z.number() }),
        database: z.object({ id: z.int(), 'repo-key': z.int().optional() }),
      }),
    ),
  }),
);

type Stanza = z.output<typeof stanzas>[number];

/** What a stanza holds that a restore could begin with. */
export interface StanzaState {
  /** When the newest sound backup of any type was complete. */
  readonly newestMs: InstantMs;
  /** The same of the newest full one; null where only parts are left. */
  readonly newestFullMs: InstantMs | null;
  /** The newest segment in the archive, where there is one. */
  readonly walMax: string | null;
  /** What a person should know: backups that are left out, and why. */
  readonly notes: readonly string[];
}

/** Everything is well, or only not equally well in every repository. */
const STATUS_USABLE = [0, 4];

/** Reads what pgBackRest says of one stanza. Throws MeasurementFailed where there is nothing to restore from. */
export function stanzaState(text: string, name: string, repo?: number): StanzaState {
  const stanza = parsed(text).find((one) => one.name === name);
  if (stanza === undefined) throw new MeasurementFailed('missing', `pgBackRest knows no stanza ${name}`);
  if (!STATUS_USABLE.includes(stanza.status.code)) {
    throw new MeasurementFailed('missing', `pgBackRest says of stanza ${name}: ${stanza.status.message}`);
  }
  const isOfRepo = (one: { 'repo-key'?: number | undefined }) => repo === undefined || one['repo-key'] === repo;
  // After an upgrade of PostgreSQL the backups of the old cluster are still listed, and restore yesterday's shop.
  const current = Math.max(...stanza.db.filter(isOfRepo).map(({ id }) => id));
  const isCurrent = ({ database }: { database: { id: number; 'repo-key'?: number | undefined } }) =>
    database.id === current && isOfRepo(database);

  const backups = stanza.backup.filter(isCurrent);
  const broken = brokenLabels(backups);
  const sound = backups.filter(({ label }) => !broken.has(label));
  const newestMs = newest(sound);
  if (newestMs === null) {
    throw new MeasurementFailed('missing', `stanza ${name} has no sound backup of the present cluster`);
  }
  const wal = stanza.archive.filter(isCurrent).flatMap(({ max }) => max ?? []);
  return {
    newestMs,
    newestFullMs: newest(sound.filter(({ type }) => type === 'full')),
    walMax: wal.sort().at(-1) ?? null,
    notes: [...broken].slice(0, 5).map((label) => `backup ${label} is left out: pages with a wrong checksum`),
  };
}

/** Backups with broken pages, and those that lean on one. */
function brokenLabels(backups: Stanza['backup']): ReadonlySet<string> {
  const own = new Set(backups.filter(({ error }) => error === true).map(({ label }) => label));
  const leaning = backups.filter(({ reference }) => reference?.some((label) => own.has(label)) === true);
  return new Set([...own, ...leaning.map(({ label }) => label)]);
}

function newest(backups: Stanza['backup']): InstantMs | null {
  return backups.length === 0 ? null : Math.max(...backups.map(({ timestamp }) => timestamp.stop)) * 1000;
}

function parsed(text: string): readonly Stanza[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new MeasurementFailed('bad-answer', 'the output of pgbackrest info is not JSON, or cut off', { cause });
  }
  const result = stanzas.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new MeasurementFailed(
    'bad-answer',
    `this is not the output of pgbackrest info --output=json: ${where} ${issue?.message ?? ''}`,
  );
}
