import { type InstantMs, unreachable } from '@parapet/kernel';
import type { SampleValue } from '@parapet/signals';
import { nameOfDocument, readDocument } from '../document.js';
import type { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { type Look, presentMeasure } from '../present.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import { type ArchiverState, readArchiver } from './archiver.js';
import { type BackupKpi, type BackupSettings, SIGNALS } from './config.js';
import { type StanzaState, stanzaState } from './info.js';
import { restoredAt } from './restore-marker.js';
import { type ArchivedWal, restorablePoint } from './restorable.js';

const INFO_BYTES_MAX = 5_000_000;
const MARKER_BYTES_MAX = 10_000;
/** Segments remembered: enough for a listing that is written once an hour under load. */
const SEEN_MAX = 1_000;
/** How far another machine's clock may be ahead of ours. */
const SKEW_MS = 60_000;

/** What a backup probe is made of. */
export interface BackupOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The dimension `instance`: the probe's own name. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: BackupSettings;
  /** The primary, where `archiver` is declared. */
  readonly database: ReadOnlyDatabase | null;
  readonly nowMs: () => InstantMs;
}

/** Measures how far back the shop would fall: the age of the newest backup, restorable point and tested restore. */
export class BackupProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: BackupOptions;
  #seen: readonly ArchivedWal[] = [];

  constructor(options: BackupOptions) {
    this.#options = options;
    const { name, instance, everyMs, nowMs } = options;
    this.measures = kpisOf(options.settings).map((kpi) =>
      presentMeasure({
        probe: name,
        kpi,
        target: targetOf(kpi, options.settings),
        everyMs,
        nowMs,
        signals: SIGNALS[kpi],
        dimensions: { instance },
        look: () => this.#look(kpi),
      }),
    );
  }

  async close(): Promise<void> {
    await this.#options.database?.close();
  }

  async #look(kpi: BackupKpi): Promise<Look> {
    switch (kpi) {
      case 'backups':
        return await this.#backups();
      case 'restorable':
        return await this.#restorable();
      case 'archiver': {
        const { failingSeconds, notes } = await this.#archiver();
        return { findings: [{ signal: 'backup.archiver.failing', value: gauge(failingSeconds) }], rows: 1, notes };
      }
      case 'restore-test':
        return await this.#restoreTest();
      default:
        return unreachable(kpi);
    }
  }

  async #backups(): Promise<Look> {
    const { state } = await this.#stanza();
    if (state.newestFullMs === null) throw new MeasurementFailed('missing', 'there is no sound full backup');
    return {
      findings: [{ signal: 'backup.full.age', value: this.#age(state.newestFullMs, 'the newest full backup') }],
      rows: 1,
      notes: state.notes,
    };
  }

  async #restorable(): Promise<Look> {
    const { state, writtenAtMs } = await this.#stanza();
    const hasArchiver = this.#options.database !== null;
    if (hasArchiver) await this.#archiver();
    const point = hasArchiver
      ? restorablePoint(state, writtenAtMs, this.#seen)
      : { atMs: state.newestMs, note: 'without archiver in settings only the newest backup counts' };
    const unknown = 'unknown' in point;
    const value: SampleValue = unknown
      ? { kind: 'gap', reason: 'too-few-samples' }
      : this.#age(point.atMs, 'the newest restorable point');
    const note = unknown ? point.unknown : point.note;
    return {
      findings: [{ signal: 'backup.restorable.age', value }],
      rows: 1,
      notes: [...state.notes, ...(note === null ? [] : [note])],
    };
  }

  async #restoreTest(): Promise<Look> {
    const { restoreTest, timeout } = this.#options.settings;
    if (restoreTest === undefined) throw new MeasurementFailed('defect', 'no restoreTest in settings');
    const { text } = await readDocument(restoreTest, { bytesMax: MARKER_BYTES_MAX, timeoutMs: timeout });
    const value = this.#age(restoredAt(text), 'the last tested restore');
    return { findings: [{ signal: 'backup.restore.age', value }], rows: 1 };
  }

  async #stanza(): Promise<{ readonly state: StanzaState; readonly writtenAtMs: InstantMs | null }> {
    const { pgbackrest, timeout } = this.#options.settings;
    if (pgbackrest === undefined) throw new MeasurementFailed('defect', 'no pgbackrest in settings');
    const found = await readDocument(pgbackrest.info, { bytesMax: INFO_BYTES_MAX, timeoutMs: timeout });
    return { state: stanzaState(found.text, pgbackrest.stanza, pgbackrest.repo), writtenAtMs: found.writtenAtMs };
  }

  async #archiver(): Promise<ArchiverState> {
    const { database, nowMs } = this.#options;
    if (database === null) throw new MeasurementFailed('defect', 'no archiver in settings');
    const state = await database.read((query) => readArchiver(query, nowMs()));
    const { archived } = state;
    const last = this.#seen.at(-1);
    if (archived !== null && archived.wal !== last?.wal) this.#seen = [...this.#seen, archived].slice(-SEEN_MAX);
    return state;
  }

  #age(atMs: InstantMs, what: string): SampleValue {
    const ageMs = this.#options.nowMs() - atMs;
    if (ageMs < -SKEW_MS) throw new MeasurementFailed('bad-answer', `${what} lies in the future: a clock is wrong`);
    return gauge(Math.max(0, ageMs) / 1000);
  }
}

const gauge = (value: number): SampleValue => ({ kind: 'gauge', value });

function kpisOf({ pgbackrest, archiver, restoreTest }: BackupSettings): readonly BackupKpi[] {
  return [
    ...(pgbackrest === undefined ? [] : (['backups', 'restorable'] as const)),
    ...(archiver === undefined ? [] : (['archiver'] as const)),
    ...(restoreTest === undefined ? [] : (['restore-test'] as const)),
  ];
}

function targetOf(kpi: BackupKpi, { pgbackrest, archiver, restoreTest }: BackupSettings): string {
  if (kpi === 'archiver') return JSON.stringify(archiver?.connection);
  const document = kpi === 'restore-test' ? restoreTest : pgbackrest?.info;
  return document === undefined ? kpi : nameOfDocument(document);
}
