import { BYTES, WireReader } from '../protobuf/wire.js';
import type { OutsidePoint, OutsideSeries } from '../series/outside.js';
import { readHistogram } from './histogram.js';
import { addLabel } from '../series/labels.js';
import { LabelMemory } from '../series/label-memory.js';
import type { IsWanted } from '../series/wanted.js';
import { NAME, Tally, type WriteRequest } from './request.js';
import { readSample } from './sample.js';

const SERIES = (1 << 3) | BYTES;
const LABEL = (1 << 3) | BYTES;
const SAMPLE = (2 << 3) | BYTES;
const EXEMPLAR = (3 << 3) | BYTES;
const HISTOGRAM = (4 << 3) | BYTES;
const NAME_BYTES = Buffer.from(NAME);
const TEXT_1 = (1 << 3) | BYTES;
const TEXT_2 = (2 << 3) | BYTES;

/** Reads `prometheus.WriteRequest` (remote write 1.0); throws Malformed. */
export function readVersion1(bytes: Buffer, isWanted: IsWanted, memory = new LabelMemory()): WriteRequest {
  const reader = new WireReader(bytes);
  const tally = new Tally();
  const series: OutsideSeries[] = [];
  while (reader.pos < bytes.length) {
    const tag = reader.tag();
    // Metadata, the other field, speaks of families by name and comes in messages of its own.
    if (tag !== SERIES) reader.skip(tag, bytes.length);
    else {
      const one = readSeries(reader, reader.end(bytes.length), { isWanted, memory }, tally);
      if (one !== null) series.push(one);
    }
  }
  return tally.request(series);
}

interface Wishes {
  readonly isWanted: IsWanted;
  readonly memory: LabelMemory;
}

/** One series; null where nobody wants it. */
function readSeries(reader: WireReader, end: number, wishes: Wishes, tally: Tally): OutsideSeries | null {
  const start = reader.pos;
  const metric = nameIn(reader, end);
  const isOurs = metric !== null && wishes.isWanted(metric);
  const points: OutsidePoint[] = [];
  let held = 0;
  let late: Map<string, string> | undefined;
  reader.pos = start;
  let labels = isOurs ? leadingLabels(reader, end, wishes.memory) : NONE;
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
    else if (tag === LABEL) labels = readLabel(reader, reader.end(end), (late ??= new Map(labels)));
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  if (isOurs) return { metric, labels, nature: null, temporality: 'cumulative', points };
  tally.unwanted += held;
  return null;
}

const NONE: OutsideSeries['labels'] = new Map();

/** The labels that stand before everything else, which is all of them from every sender; their bytes are their name. */
function leadingLabels(reader: WireReader, end: number, memory: LabelMemory): OutsideSeries['labels'] {
  const start = reader.pos;
  while (reader.pos < end && reader.bytes[reader.pos] === LABEL) reader.skip(reader.tag(), end);
  const labelsEnd = reader.pos;
  return memory.labels(reader.bytes.toString('latin1', start, labelsEnd), () => {
    reader.pos = start;
    const labels = new Map<string, string>();
    while (reader.pos < labelsEnd) {
      reader.tag();
      readLabel(reader, reader.end(labelsEnd), labels);
    }
    return labels;
  });
}

/** The metric's name, of which nothing else is made where nobody wants it. */
function nameIn(reader: WireReader, end: number): string | null {
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag !== LABEL) {
      reader.skip(tag, end);
      continue;
    }
    const labelEnd = reader.end(end);
    let isName = false;
    let value = '';
    while (reader.pos < labelEnd) {
      const part = reader.tag();
      if (part === TEXT_1) isName = isNameHere(reader, labelEnd);
      else if (part === TEXT_2 && isName) value = reader.text(labelEnd);
      else reader.skip(part, labelEnd);
    }
    reader.endAt(labelEnd);
    if (isName) return value;
  }
  return null;
}

function isNameHere(reader: WireReader, limit: number): boolean {
  const end = reader.end(limit);
  const start = reader.pos;
  reader.pos = end;
  return NAME_BYTES.compare(reader.bytes, start, end) === 0;
}

function readLabel(reader: WireReader, end: number, labels: Map<string, string>): Map<string, string> {
  let name = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === TEXT_1) name = reader.text(end);
    else if (tag === TEXT_2) value = reader.text(end);
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  if (name !== NAME) addLabel(labels, name, value);
  return labels;
}
