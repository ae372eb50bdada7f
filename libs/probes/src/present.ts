import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Sample, SampleValue } from '@parapet/signals';
import type { Measure, Measured, Measurement } from './probe.js';
import type { Window } from './windows.js';

/** How late a round may come and still speak of the window that has just ended: the scheduler's own spread. */
const LATE_MS = 5_000;

/** One value that a look at the present found. */
export interface Finding {
  readonly signal: string;
  readonly value: SampleValue;
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** What a look at the present gave. */
export interface Look {
  readonly findings: readonly Finding[];
  /** How much was read: rows, objects, answers. */
  readonly rows: number;
  /** What a person trying the probe wants to read besides the numbers; bounded, never a secret. */
  readonly notes?: readonly string[];
}

/** What a measure of the present is made of. */
export interface PresentOptions {
  /** `<workload>/<probe>`, the beginning of every key. */
  readonly probe: string;
  readonly kpi: string;
  readonly target: string;
  readonly everyMs: number;
  readonly nowMs: () => InstantMs;
  /** What is said to be a gap when nothing could be measured. */
  readonly signals: readonly string[];
  /** Dimensions of every finding. */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** Looks now; `atMs` is the time that its findings get. Throws MeasurementFailed. */
  readonly look: (atMs: InstantMs) => Promise<Look>;
}

/**
 * A measure of something that shows only how it is now, such as a web page or a listing: the window that has just ended is
 * measured, and no earlier one can be, since nobody looked then and what is seen now says nothing about it.
 */
export function presentMeasure(options: PresentOptions): Measure {
  const { kpi, target, everyMs, nowMs } = options;
  return {
    kpi,
    target,
    // One window of the past, so that the first round measures at once instead of waiting for an end; and never more of it, so
    // that every round looks: a round without a look would say of a target that is away that it answered.
    rhythm: { everyMs, delayMs: 0, backfillMs: everyMs, reachMs: everyMs },
    asOf: async () => nowMs(),
    measure: (windows) => measureNewest(options, windows),
    gaps: (toMs) => gapsAt(options, toMs),
  };
}

async function measureNewest(options: PresentOptions, windows: readonly Window[]): Promise<Measured> {
  const newest = windows.at(-1);
  if (newest === undefined) return { measurements: [], rows: 0 };
  const isPresent = options.nowMs() < newest.toMs + options.everyMs + LATE_MS;
  const past = isPresent ? windows.slice(0, -1) : windows;
  const unseen = past.map((window) => ({ window, samples: gapsAt(options, window.toMs), isTruncated: true }));
  if (!isPresent) return { measurements: unseen, rows: 0, notes: ['only the window that has just ended can be seen'] };

  const { findings, rows, notes = [] } = await options.look(newest.toMs);
  const samples = findings.map((finding) => sampleOf(options, newest, finding));
  const seen: Measurement = { window: newest, samples, isTruncated: false };
  return { measurements: [...unseen, seen], rows, notes };
}

function sampleOf(options: PresentOptions, window: Window, finding: Finding): Sample {
  const span = `${formatInstant(window.fromMs)}/${formatInstant(window.toMs)}`;
  return named(options, finding, window.toMs, span);
}

/** Their keys are not those of a window: of two samples with one key the first counts, and a window may be measured yet. */
function gapsAt(options: PresentOptions, toMs: InstantMs): readonly Sample[] {
  const value: SampleValue = { kind: 'gap', reason: 'sensor-broken' };
  return options.signals.map((signal) => named(options, { signal, value }, toMs, `gap/${formatInstant(toMs)}`));
}

function named(options: PresentOptions, finding: Finding, atMs: InstantMs, span: string): Sample {
  const { signal, value } = finding;
  const dimensions = { ...options.dimensions, ...finding.dimensions };
  const tags = Object.entries(dimensions).map(([name, text]) => `${name}=${text}`);
  return { signal, atMs, value, dimensions, key: [options.probe, signal, ...tags, span].join('/') };
}
