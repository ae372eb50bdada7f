import type {
  LateValue,
  RecordedGuardrail,
  RecordedRelease,
  RecordedSeries,
  RecordedValue,
} from './recorded-release.js';
import { seriesOf } from './recorded-release.js';

/** One thing that is wrong with a record: where in it (JSON pointer), and what. */
export interface RecordFault {
  readonly field: string;
  readonly problem: string;
}

/** A watch of weeks at a second's interval is a mistake, not a record; it keeps memory bounded. */
const TICKS_MAX = 100_000;
const GUARDRAILS_MAX = 200;
const BUCKETS_MAX = 500;

/** Reads one recorded release from parsed JSON; either all of it or everything that is wrong with it. */
export function readRelease(
  record: unknown,
): { readonly release: RecordedRelease } | { readonly faults: readonly RecordFault[] } {
  const reader = new Reader();
  const release = reader.release(record);
  return release === null || reader.faults.length > 0 ? { faults: reader.faults } : { release };
}

type Fields = Readonly<Record<string, unknown>>;

/** Collects faults instead of stopping at the first, so that one look is enough. */
class Reader {
  readonly faults: RecordFault[] = [];

  release(record: unknown): RecordedRelease | null {
    if (!isFields(record)) return this.refuse('', 'a recorded release must be a JSON object', null);
    const id = this.text(record, 'id');
    const intervalSec = this.number(record, 'intervalSec', 0.001, 86_400);
    const preTicks = this.number(record, 'preTicks', 0, TICKS_MAX);
    const watchTicks = this.number(record, 'watchTicks', 1, TICKS_MAX);
    const mode = this.mode(record);
    const isShared = mode === 'concurrent';
    const canaryShare = isShared ? this.number(record, 'canaryShare', 0, 1) : null;
    const bucketBounds = this.bounds(record['bucketBounds']);
    const guardrails = this.guardrails(record['guardrails']);
    const all = record['series'];
    const windows: Fields = isFields(all)
      ? all
      : this.refuse('/series', 'must be an object with pre, lastWeek and watch', {});
    const loadSeries = this.loadSeries(record['loadSeries'], windows['watch']);
    const wanted = this.wanted(guardrails, loadSeries, bucketBounds);
    const window = (name: string, ticks: number) => this.window(`/series/${name}`, windows[name], ticks, wanted);
    const watch = window('watch', watchTicks);
    const series = {
      pre: windows['pre'] === undefined ? {} : window('pre', preTicks),
      lastWeek: windows['lastWeek'] === undefined ? {} : window('lastWeek', watchTicks),
      watch,
      control: isShared ? window('control', watchTicks) : null,
    };
    const late = this.late(record['late'], watch, watchTicks);
    const intervalMs = Math.round(intervalSec * 1000);
    return {
      id,
      intervalMs,
      preTicks,
      watchTicks,
      mode,
      canaryShare,
      loadSeries,
      bucketBounds,
      guardrails,
      series,
      late,
    };
  }

  private refuse<T>(field: string, problem: string, instead: T): T {
    this.faults.push({ field, problem });
    return instead;
  }

  private text(fields: Fields, name: string, at = ''): string {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    return this.refuse(`${at}/${name}`, 'must be a text that is not empty', '');
  }

  private number(fields: Fields, name: string, min: number, max: number): number {
    const value = fields[name];
    const isWithin = typeof value === 'number' && value >= min && value <= max;
    const isWhole = name.endsWith('Ticks') ? Number.isSafeInteger(value) : true;
    if (isWithin && isWhole) return value;
    return this.refuse(
      `/${name}`,
      `must be a ${isWhole ? '' : 'whole '}number from ${min} to ${max}`,
      Math.max(1, min),
    );
  }

  private mode(fields: Fields): RecordedRelease['mode'] {
    const { mode } = fields;
    if (mode === 'historical' || mode === 'concurrent') return mode;
    return this.refuse('/mode', 'must be historical or concurrent', 'historical');
  }

  private bounds(value: unknown): readonly number[] {
    if (value === undefined) return [];
    const isAscending =
      Array.isArray(value) &&
      value.length <= BUCKETS_MAX &&
      value.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > (value[i - 1] as number)));
    if (isAscending) return value as readonly number[];
    return this.refuse('/bucketBounds', `must be at most ${BUCKETS_MAX} finite numbers in ascending order`, []);
  }

  private guardrails(value: unknown): readonly RecordedGuardrail[] {
    if (!Array.isArray(value) || value.length === 0 || value.length > GUARDRAILS_MAX)
      return this.refuse('/guardrails', `must be a list of 1 to ${GUARDRAILS_MAX} guardrails`, []);
    const read = value.flatMap((one: unknown, i): readonly RecordedGuardrail[] => {
      const guardrail = this.guardrail(one, `/guardrails/${i}`);
      return guardrail === null ? [] : [guardrail];
    });
    const twice = read.find((one, i) => read.findIndex((other) => other.id === one.id) !== i);
    if (twice !== undefined) this.refuse('/guardrails', `"${twice.id}" stands twice`, null);
    return read;
  }

  private guardrail(value: unknown, at: string): RecordedGuardrail | null {
    if (!isFields(value)) return this.refuse(at, 'must be an object', null);
    const id = this.text(value, 'id', at);
    const { kind } = value;
    switch (kind) {
      case 'proportion':
        return { id, kind, bad: this.text(value, 'bad', at), total: this.text(value, 'total', at) };
      case 'count':
        return { id, kind, events: this.text(value, 'events', at), exposure: this.text(value, 'exposure', at) };
      case 'histogram':
        return { id, kind, buckets: this.text(value, 'buckets', at) };
      case 'gauge':
        return { id, kind, value: this.text(value, 'value', at) };
      default:
        return this.refuse(`${at}/kind`, 'must be proportion, count, histogram or gauge', null);
    }
  }

  /** The series that are looked at, with the counts that a value of it has; null for a number. Others may hold anything. */
  private wanted(
    guardrails: readonly RecordedGuardrail[],
    loadSeries: string | null,
    bounds: readonly number[],
  ): ReadonlyMap<string, number | null> {
    const wanted = new Map<string, number | null>(loadSeries === null ? [] : [[loadSeries, null]]);
    for (const guardrail of guardrails) {
      const form = guardrail.kind === 'histogram' ? bounds.length + 1 : null;
      for (const name of seriesOf(guardrail)) {
        const before = wanted.get(name);
        if (before !== undefined && before !== form)
          this.refuse('/guardrails', `"${name}" is said to hold numbers and counts of buckets`, null);
        wanted.set(name, form);
      }
    }
    return wanted;
  }

  private window(
    at: string,
    value: unknown,
    ticks: number,
    wanted: ReadonlyMap<string, number | null>,
  ): RecordedSeries {
    if (!isFields(value)) return this.refuse(at, 'must be an object of series', {});
    return Object.fromEntries(
      [...wanted].map(([name, counts]) => [name, this.values(`${at}/${name}`, value[name], ticks, counts)]),
    );
  }

  private values(at: string, value: unknown, ticks: number, counts: number | null): readonly RecordedValue[] {
    // A series that was never there has no key; one that was lost has nulls.
    if (value === undefined) return Array.from({ length: ticks }, () => null);
    if (!Array.isArray(value) || value.length !== ticks)
      return this.refuse(at, `must be a list of ${ticks} values, one a tick`, []);
    const form = counts === null ? 'a number or null' : `${counts} counts from 0 or null`;
    const wrong = value.findIndex((one) => one !== null && !(counts === null ? isNumber(one) : isCounts(one, counts)));
    return wrong === -1 ? (value as readonly RecordedValue[]) : this.refuse(`${at}/${wrong}`, `must be ${form}`, []);
  }

  private loadSeries(value: unknown, watch: unknown): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' && isFields(watch) && Object.hasOwn(watch, value)) return value;
    return this.refuse('/loadSeries', 'must name a series of the watch', null);
  }

  private late(value: unknown, watch: RecordedSeries, ticks: number): readonly LateValue[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.refuse('/late', 'must be a list of [series, tick, arrivesAtTick]', []);
    return value.map((entry: unknown, i): LateValue => {
      const [series, tick, arrivesAtTick] = Array.isArray(entry) ? (entry as unknown[]) : [];
      const isKnown = typeof series === 'string' && Object.hasOwn(watch, series);
      const isOrdered =
        Number.isSafeInteger(tick) &&
        Number.isSafeInteger(arrivesAtTick) &&
        (arrivesAtTick as number) >= (tick as number);
      if (isKnown && isOrdered && (tick as number) >= 0 && (tick as number) < ticks)
        return { series, tick: tick as number, arrivesAtTick: arrivesAtTick as number };
      const problem = 'must be [a series that a guardrail reads, a tick of the watch, the same or a later tick]';
      return this.refuse(`/late/${i}`, problem, { series: '', tick: 0, arrivesAtTick: 0 });
    });
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Values that no sensor should send (below zero, not finite) are for the judgement to doubt, not for the reader to refuse.
function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isCounts(value: unknown, length: number): boolean {
  return (
    Array.isArray(value) && value.length === length && value.every((count) => Number.isFinite(count) && count >= 0)
  );
}
