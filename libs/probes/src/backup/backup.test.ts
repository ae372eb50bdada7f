import { describe, expect, it } from '@jest/globals';
import { MeasurementFailed } from '../probe.js';
import { archiverState } from './archiver.js';
import { backupSettings } from './config.js';
import { stanzaState } from './info.js';
import { restoredAt } from './restore-marker.js';
import { type ArchivedWal, restorablePoint } from './restorable.js';

function failureOf(work: () => unknown): { reason: string; message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof MeasurementFailed) return { reason: error.reason, message: error.message };
    throw error;
  }
  throw new Error('it measured');
}

type Backup = Record<string, unknown>;
const DB = { id: 1, 'repo-key': 1 };
const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);

/** A backup as pgBackRest 2.45 lists it. */
function backup(label: string, stop: string, more: Backup = {}): Backup {
  const type = label.endsWith('F') ? 'full' : label.endsWith('D') ? 'diff' : 'incr';
  const timestamp = { start: at(stop) / 1000 - 60, stop: at(stop) / 1000 };
  return { label, type, timestamp, database: DB, error: false, reference: null, ...more };
}

function listing(backups: readonly Backup[], more: Record<string, unknown> = {}): string {
  const stanza = {
    name: 'main',
    status: { code: 0, lock: { backup: { held: false } }, message: 'ok' },
    db: [{ ...DB, version: '15' }],
    archive: [{ database: DB, id: '15-1', min: '000000010000000000000001', max: '00000001000000000000000A' }],
    backup: backups,
    ...more,
  };
  return JSON.stringify([stanza]);
}

const FULL = backup('20261123-010000F', '01:00:00');
const INCREMENTAL = backup('20261123-010000F_20261123-080000I', '08:00:00', { reference: ['20261123-010000F'] });

describe('what pgBackRest says of a stanza', () => {
  it('gives the newest backup, the newest full one and the newest segment', () => {
    expect(stanzaState(listing([FULL, INCREMENTAL]), 'main')).toEqual({
      newestMs: at('08:00:00'),
      newestFullMs: at('01:00:00'),
      walMax: '00000001000000000000000A',
      notes: [],
    });
  });

  it.each<[string, string, object]>([
    [
      'a backup with broken pages is none, nor is one that leans on it',
      listing([backup('20261122-010000F', '00:10:00'), { ...FULL, error: true }, INCREMENTAL]),
      {
        newestMs: at('00:10:00'),
        newestFullMs: at('00:10:00'),
        notes: [expect.stringContaining('20261123-010000F is left out'), expect.anything()],
      },
    ],
    [
      'backups of the cluster before an upgrade are none',
      listing(
        [
          { ...INCREMENTAL, database: { id: 1, 'repo-key': 1 } },
          backup('20261123-020000F', '02:00:00', { database: { id: 2, 'repo-key': 1 } }),
        ],
        {
          db: [DB, { id: 2, 'repo-key': 1 }],
          archive: [
            { database: { id: 1 }, id: '14-1', max: '0000000100000000000000FF' },
            { database: { id: 2 }, id: '15-2', max: '000000010000000000000002' },
          ],
        },
      ),
      { newestMs: at('02:00:00'), walMax: '000000010000000000000002' },
    ],
    [
      'an archive without a segment has none',
      listing([FULL], { archive: [{ database: DB, id: '15-1', max: null }] }),
      { walMax: null },
    ],
    ['only incremental backups leave no full one', listing([INCREMENTAL]), { newestFullMs: null }],
    [
      'fields of an older version may be missing',
      listing([{ ...FULL, error: undefined }]),
      { newestMs: at('01:00:00') },
    ],
    [
      'a status that differs between repositories is usable',
      listing([FULL], { status: { code: 4, message: 'different across repos' } }),
      { newestMs: at('01:00:00') },
    ],
  ])('%s', (_, text, expected) => {
    expect(stanzaState(text, 'main')).toMatchObject(expected);
  });

  it('looks at one repository where one is named', () => {
    const second = { ...INCREMENTAL, database: { id: 1, 'repo-key': 2 } };
    const text = listing([FULL, second], { db: [DB, { id: 1, 'repo-key': 2 }] });
    expect(stanzaState(text, 'main', 1).newestMs).toBe(at('01:00:00'));
    expect(stanzaState(text, 'main').newestMs).toBe(at('08:00:00'));
  });

  it.each<[string, string, string, string]>([
    ['another stanza', listing([FULL]).replace('"main"', '"other"'), 'missing', 'knows no stanza main'],
    ['no backup', listing([], { status: { code: 2, message: 'no valid backups' } }), 'missing', 'no valid backups'],
    ['only broken backups', listing([{ ...FULL, error: true }]), 'missing', 'no sound backup'],
    ['a listing that is cut off', listing([FULL]).slice(0, -20), 'bad-answer', 'not JSON, or cut off'],
    ['an empty file', '', 'bad-answer', 'not JSON'],
    ['something else', '{"backups": []}', 'bad-answer', 'not the output of pgbackrest info'],
    ['a backup without a time', listing([{ ...FULL, timestamp: {} }]), 'bad-answer', '0.backup.0.timestamp.stop'],
  ])('is no age but a reason: %s', (_, text, reason, message) => {
    expect(failureOf(() => stanzaState(text, 'main'))).toEqual({ reason, message: expect.stringContaining(message) });
  });
});

describe('the newest restorable point', () => {
  const wal = (n: number, time: string): ArchivedWal => ({
    wal: `0000000100000000000000${n.toString(16).padStart(2, '0').toUpperCase()}`,
    atMs: at(time),
  });
  const stanza = (walMax: string | null) => ({ newestMs: at('01:00:00'), walMax });
  it.each<[string, string | null, string | null, ArchivedWal[], object]>([
    [
      'is the newest segment that left and arrived',
      wal(10, '09:00:00').wal,
      '09:01:00',
      [wal(9, '08:50:00'), wal(10, '09:00:00')],
      { atMs: at('09:00:00'), note: null },
    ],
    [
      'is an earlier segment while the listing is older',
      wal(9, '08:50:00').wal,
      '08:55:00',
      [wal(9, '08:50:00'), wal(10, '09:00:00')],
      { atMs: at('08:50:00') },
    ],
    [
      'is not known while the listing is older than all that was seen',
      wal(9, '08:50:00').wal,
      '08:55:00',
      [wal(10, '09:00:00')],
      { unknown: expect.stringContaining('older than the newest segment') },
    ],
    [
      'is the newest backup where a segment left and did not arrive',
      wal(2, '01:00:00').wal,
      '09:10:00',
      [wal(9, '08:50:00')],
      { atMs: at('01:00:00'), note: expect.stringContaining('is not in the archive') },
    ],
    [
      'is the newest backup where nothing arrived at all',
      null,
      '09:10:00',
      [wal(9, '08:50:00')],
      { atMs: at('01:00:00') },
    ],
    [
      'is not decided by a listing that does not say when it was written',
      wal(2, '01:00:00').wal,
      null,
      [wal(9, '08:50:00')],
      { unknown: expect.anything() },
    ],
    [
      'gives a segment on its way a minute',
      wal(8, '08:40:00').wal,
      '08:50:59',
      [wal(9, '08:50:00')],
      { unknown: expect.anything() },
    ],
    [
      'is the newest backup before the first segment',
      null,
      '09:10:00',
      [],
      { atMs: at('01:00:00'), note: expect.stringContaining('no segment') },
    ],
    [
      'is the backup where that is newer',
      wal(1, '00:10:00').wal,
      '09:10:00',
      [wal(1, '00:10:00')],
      { atMs: at('01:00:00') },
    ],
    [
      'knows a newer timeline as newer',
      '000000020000000000000001',
      '09:10:00',
      [wal(200, '09:00:00')],
      { atMs: at('09:00:00') },
    ],
  ])('%s', (_, walMax, written, seen, expected) => {
    expect(restorablePoint(stanza(walMax), written === null ? null : at(written), seen)).toMatchObject(expected);
  });
});

describe('the archiver', () => {
  const NOW = at('09:00:00');
  const row = (more: object) => ({
    mode: 'on',
    is_replica: false,
    archived_wal: '00000001000000000000000A',
    archived_s: 60,
    last_failed_wal: null,
    failed_s: null,
    failed_count: '0',
    counted_s: 9_000,
    ...more,
  });
  it.each<[string, object, object]>([
    ['works', {}, { failingSeconds: 0, archived: { wal: '00000001000000000000000A', atMs: NOW - 60_000 }, notes: [] }],
    ['works again after a failure', { failed_s: 600, last_failed_wal: 'x' }, { failingSeconds: 0, notes: [] }],
    [
      'fails since the last segment that left',
      { failed_s: 5, last_failed_wal: '00000001000000000000000B', failed_count: '7' },
      { failingSeconds: 60, notes: [expect.stringContaining('00000001000000000000000B did not leave, 7 failures')] },
    ],
    [
      'has failed for as long as it was counted where nothing ever left',
      { archived_s: null, archived_wal: null, failed_s: 5 },
      { failingSeconds: 9_000, archived: null },
    ],
    [
      'rests where nothing was written yet',
      { archived_s: null, archived_wal: null },
      { failingSeconds: 0, archived: null },
    ],
    [
      'archived a history file last, which is no segment',
      { archived_wal: '00000002.history' },
      { archived: null, failingSeconds: 0 },
    ],
    [
      'of a clock that ran back never has a negative age',
      { archived_s: -3 },
      { archived: { atMs: NOW, wal: expect.anything() } },
    ],
  ])('%s', (_, more, expected) => {
    expect(archiverState(row(more), NOW)).toMatchObject(expected);
  });

  it.each<[string, object, string]>([
    ['that is switched off', { mode: 'off' }, 'archive_mode is off'],
    ['of a copy', { is_replica: true }, 'the primary, which must be asked'],
  ])('says a reason instead of a number: one %s', (_, more, text) => {
    expect(failureOf(() => archiverState(row(more), NOW))).toEqual({
      reason: 'missing',
      message: expect.stringContaining(text),
    });
  });
});

describe('the marker of a tested restore', () => {
  it.each([
    ['a time', '2026-11-23T04:00:00Z\n'],
    ['a time with an offset', '2026-11-23T05:00:00+01:00'],
    ['JSON', '{"restoredAt": "2026-11-23T04:00:00Z", "backup": "20261123-010000F", "rows": 12}'],
  ])('is %s', (_, text) => {
    expect(restoredAt(text)).toBe(at('04:00:00'));
  });

  it.each([
    ['nothing', ''],
    ['a word', 'ok'],
    ['a time without a zone', '2026-11-23 04:00:00'],
    ['JSON without the field', '{"at": "2026-11-23T04:00:00Z"}'],
    ['JSON that is cut off', '{"restoredAt": "2026-'],
  ])('is no time: %s', (_, text) => {
    expect(failureOf(() => restoredAt(text)).reason).toBe('bad-answer');
  });
});

describe('settings', () => {
  const INFO = { info: { file: '/x.json' }, stanza: 'main' };
  it.each<[string, object]>([
    ['one part', { restoreTest: { file: '/run/restored' } }],
    [
      'an address with a token',
      { pgbackrest: { ...INFO, info: { url: 'https://backup.example/info.json', token: { env: 'T' } } } },
    ],
    ['all parts', { pgbackrest: INFO, archiver: { connection: { env: 'DATABASE_URL' } }, restoreTest: { file: '/m' } }],
  ])('may be %s', (_, settings) => {
    expect(backupSettings.safeParse(settings).error).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['nothing', {}, 'needs pgbackrest, archiver or restoreTest'],
    [
      'two places of one document',
      { restoreTest: { file: '/m', url: 'https://x.example/m' } },
      'exactly one of file and url',
    ],
    ['plain http', { restoreTest: { url: 'http://x.example/m' } }, 'plain http needs allowPrivate'],
    ['a connection in clear', { archiver: { connection: 'postgres://u:p@db/x' } }, 'expected object'],
  ])('may not be %s', (_, settings, text) => {
    const messages = backupSettings.safeParse(settings).error?.issues.map(({ message }) => message);
    expect(messages?.join()).toContain(text);
  });
});
