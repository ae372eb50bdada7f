import { invariant } from '@parapet/kernel';
import { BYTES, Malformed, repeated, VARINT, WireReader } from '../protobuf/wire.js';
import type { OutsidePoint, OutsideSeries } from '../series/outside.js';
import { readHistogram } from './histogram.js';
import { addLabel } from '../series/labels.js';
import { LabelMemory, NAME_CHARACTERS_MAX } from '../series/label-memory.js';
import type { IsWanted } from '../series/wanted.js';
import { NAME, Tally, type WriteRequest } from './request.js';
import { readSample } from './sample.js';

const SYMBOL = (4 << 3) | BYTES;
const SERIES = (5 << 3) | BYTES;
const LABELS = 1;
const SAMPLE = (2 << 3) | BYTES;
const HISTOGRAM = (3 << 3) | BYTES;
const EXEMPLAR = (4 << 3) | BYTES;
const METADATA = (5 << 3) | BYTES;
const CREATED = (6 << 3) | VARINT;
const TYPE = (1 << 3) | VARINT;

/** Types of metrics that say something; a histogram's own series are counters, a gauge histogram's are not. */
const NATURES: Readonly<Record<number, OutsideSeries['nature']>> = {
  1: 'counter',
  2: 'gauge',
  4: 'gauge',
  6: 'gauge',
  7: 'gauge',
};

/** Reads `io.prometheus.write.v2.Request` (remote write 2.0); throws Malformed. */
export function readVersion2(bytes: Buffer, isWanted: IsWanted, memory = new LabelMemory()): WriteRequest {
  const reader = new WireReader(bytes);
  const symbols = new Symbols(reader, isWanted, memory);
  const ends: number[] = [];
  // Fields may come in any order: the symbols are known once everything was stepped over.
  while (reader.pos < bytes.length) {
    const tag = reader.tag();
    if (tag === SYMBOL) symbols.add(reader.end(bytes.length));
    else if (tag === SERIES) {
      const end = reader.end(bytes.length);
      ends.push(reader.pos, end);
      reader.pos = end;
    } else reader.skip(tag, bytes.length);
  }
  const tally = new Tally();
  const series: OutsideSeries[] = [];
  for (let i = 0; i < ends.length; i += 2) {
    reader.pos = ends[i] as number;
    const one = readSeries(reader, ends[i + 1] as number, symbols, tally);
    if (one !== null) series.push(one);
  }
  return tally.request(series);
}

/** The texts of a request, each made once and only if somebody asks. */
class Symbols {
  readonly #places: number[] = [];
  readonly #texts: string[] = [];
  readonly #wanted: boolean[] = [];

  constructor(
    private readonly reader: WireReader,
    private readonly isMetricWanted: IsWanted,
    private readonly memory: LabelMemory,
  ) {}

  add(end: number): void {
    this.#places.push(this.reader.pos, end);
    this.reader.pos = end;
  }

  /** Throws Malformed where a series refers to what is not there. */
  check(refs: readonly number[]): void {
    const known = this.#places.length / 2;
    for (const ref of refs)
      if (ref >= known) throw new Malformed(`a label refers to symbol ${ref}, and there are ${known}`);
  }

  text(ref: number): string {
    const known = this.#texts[ref];
    if (known !== undefined) return known;
    const [start, end] = [this.#places[2 * ref], this.#places[2 * ref + 1]];
    invariant(start !== undefined && end !== undefined, `symbol ${ref} was checked before it is asked for`);
    const text = this.reader.slice(start, end);
    this.#texts[ref] = text;
    return text;
  }

  /** The labels of a series, without its metric's name. */
  labels(refs: readonly number[]): OutsideSeries['labels'] {
    const labels = (): Map<string, string> => {
      const made = new Map<string, string>();
      for (let i = 0; i < refs.length; i += 2) {
        const name = this.text(refs[i] as number);
        if (name !== NAME) addLabel(made, name, this.text(refs[i + 1] as number));
      }
      return made;
    };
    let name = '';
    for (const ref of refs) {
      const text = this.text(ref);
      // A symbol is written once and may be meant a million times: no name is made of what would be too long for one.
      if (name.length + text.length > NAME_CHARACTERS_MAX) return labels();
      // With its length before each text no two series have one name.
      name += `${text.length}:${text}`;
    }
    return this.memory.labels(name, labels);
  }

  isWanted(ref: number): boolean {
    const known = this.#wanted[ref];
    if (known !== undefined) return known;
    const wanted = this.isMetricWanted(this.text(ref));
    this.#wanted[ref] = wanted;
    return wanted;
  }
}

function readSeries(reader: WireReader, end: number, symbols: Symbols, tally: Tally): OutsideSeries | null {
  const start = reader.pos;
  const refs = refsIn(reader, end);
  symbols.check(refs);
  const metric = nameOf(refs, symbols);
  const isOurs = metric !== null && symbols.isWanted(metric);
  const points: OutsidePoint[] = [];
  let nature: OutsideSeries['nature'] = null;
  let createdMs = 0;
  let held = 0;
  reader.pos = start;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === SAMPLE) tally.samples++;
    else if (tag === HISTOGRAM) tally.histograms++;
    else if (tag === EXEMPLAR) tally.exemplars++;
    if (tag === SAMPLE || tag === HISTOGRAM) {
      held++;
      if (isOurs) tally.want();
    }
    if (!isOurs) reader.skip(tag, end);
    else if (tag === SAMPLE) points.push(readSample(reader, reader.end(end)));
    else if (tag === HISTOGRAM) points.push(readHistogram(reader, reader.end(end)));
    else if (tag === METADATA) nature = readNature(reader, reader.end(end));
    else if (tag === CREATED) createdMs = reader.int64();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  if (!isOurs) {
    tally.unwanted += held;
    return null;
  }
  const begun = points.map((point) =>
    point.startMs === null && createdMs > 0 ? { ...point, startMs: createdMs } : point,
  );
  return {
    metric: symbols.text(metric),
    labels: symbols.labels(refs),
    nature,
    temporality: 'cumulative',
    points: begun,
  };
}

function refsIn(reader: WireReader, end: number): readonly number[] {
  const refs: number[] = [];
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === LABELS) repeated(reader, tag, end, refs, () => reader.uint32());
    else reader.skip(tag, end);
  }
  if (refs.length % 2 !== 0) throw new Malformed('a series has a label without a value');
  return refs;
}

/** The symbol that is the metric's name; null for a series without one. */
function nameOf(refs: readonly number[], symbols: Symbols): number | null {
  for (let i = 0; i < refs.length; i += 2) if (symbols.text(refs[i] as number) === NAME) return refs[i + 1] as number;
  return null;
}

function readNature(reader: WireReader, end: number): OutsideSeries['nature'] {
  let type = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === TYPE) type = reader.int32();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  return NATURES[type] ?? null;
}
