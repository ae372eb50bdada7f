import { BYTES, VARINT, WireReader } from '../protobuf/wire.js';
import type { OutsideSeries } from '../series/outside.js';
import { type IsWanted, WantedPoints } from '../series/wanted.js';
import { readAttribute } from './protobuf-attributes.js';
import { type PointReader, readExplicit, readExponential, readNumber } from './protobuf-points.js';
import { type ExportRequest, labelsOf, temporalityOf } from './request.js';

const FIELD_1 = (1 << 3) | BYTES;
const FIELD_2 = (2 << 3) | BYTES;
const TEMPORALITY = (2 << 3) | VARINT;
const IS_MONOTONIC = (3 << 3) | VARINT;

/** The kinds of metric that are read, by their tag. */
const KINDS: Readonly<Record<number, { readonly nature: 'gauge' | 'sum' | 'histogram'; readonly read: PointReader }>> =
  {
    [(5 << 3) | BYTES]: { nature: 'gauge', read: readNumber },
    [(7 << 3) | BYTES]: { nature: 'sum', read: readNumber },
    [(9 << 3) | BYTES]: { nature: 'histogram', read: readExplicit },
    [(10 << 3) | BYTES]: { nature: 'histogram', read: readExponential },
  };
/** Summaries hold quantiles, which no signal can be read from; they are counted, and are of no form. */
const SUMMARY = (11 << 3) | BYTES;

/** Reads `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest`; throws Malformed. */
export function readProtobuf(bytes: Buffer, isWanted: IsWanted): ExportRequest {
  const export_ = new ExportReader(new WireReader(bytes), isWanted);
  const { reader } = export_;
  while (reader.pos < bytes.length) {
    const tag = reader.tag();
    if (tag === FIELD_1) export_.readResource(reader.end(bytes.length));
    else reader.skip(tag, bytes.length);
  }
  return { series: export_.series, unwanted: export_.unwanted, summaries: export_.summaries };
}

class ExportReader {
  readonly series: OutsideSeries[] = [];
  unwanted = 0;
  summaries = 0;
  readonly #points = new WantedPoints();

  constructor(
    readonly reader: WireReader,
    private readonly isWanted: IsWanted,
  ) {}

  /** Attributes first, whatever the order: every point below has them. */
  readResource(end: number): void {
    const { reader } = this;
    const start = reader.pos;
    const resource = new Map<string, string>();
    this.#each(end, FIELD_1, (below) =>
      this.#each(below, FIELD_1, (attribute) => readAttribute(reader, attribute, resource)),
    );
    reader.pos = start;
    this.#each(end, FIELD_2, (scope) => this.#readScope(scope, resource));
  }

  #readScope(end: number, resource: ReadonlyMap<string, string>): void {
    const { reader } = this;
    const start = reader.pos;
    let scope = '';
    this.#each(end, FIELD_1, (below) =>
      this.#each(below, FIELD_1, (text) => {
        scope = reader.slice(reader.pos, text);
        reader.pos = text;
      }),
    );
    reader.pos = start;
    this.#each(end, FIELD_2, (metric) => this.#readMetric(metric, resource, scope));
  }

  #readMetric(end: number, resource: ReadonlyMap<string, string>, scope: string): void {
    const { reader } = this;
    const start = reader.pos;
    let name = '';
    this.#each(end, FIELD_1, (text) => {
      name = reader.slice(reader.pos, text);
      reader.pos = text;
    });
    reader.pos = start;
    const isOurs = this.isWanted(name);
    while (reader.pos < end) {
      const tag = reader.tag();
      const kind = KINDS[tag];
      if (kind === undefined && tag !== SUMMARY) reader.skip(tag, end);
      else if (!isOurs) this.unwanted += this.#stepOver(reader.end(end));
      else if (kind === undefined) this.summaries += this.#stepOver(reader.end(end));
      else this.#readPoints(reader.end(end), kind, (own) => labelsOf(resource, scope, own), name);
    }
    reader.endAt(end);
  }

  /** How many points were stepped over. */
  #stepOver(end: number): number {
    let points = 0;
    this.#each(end, FIELD_1, (point) => {
      points++;
      this.reader.pos = point;
    });
    return points;
  }

  #readPoints(
    end: number,
    { nature, read }: (typeof KINDS)[number],
    labelsFor: (own: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
    metric: string,
  ): void {
    const { reader } = this;
    const start = reader.pos;
    let temporality = 0;
    let isMonotonic = false;
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag === TEMPORALITY) temporality = reader.int32();
      else if (tag === IS_MONOTONIC) isMonotonic = reader.uint64() !== 0;
      else reader.skip(tag, end);
    }
    reader.endAt(end);
    reader.pos = start;
    this.#each(end, FIELD_1, (below) => {
      this.#points.add();
      const own = new Map<string, string>();
      const point = read(reader, below, own);
      this.series.push({
        metric,
        labels: labelsFor(own),
        nature: nature === 'sum' ? (isMonotonic ? 'counter' : 'up-down-counter') : nature,
        temporality: nature === 'gauge' ? null : temporalityOf(temporality),
        points: [point],
      });
    });
  }

  /** Calls for each field of one tag below here, which must read up to its end; steps over the others. */
  #each(end: number, wanted: number, read: (end: number) => void): void {
    const { reader } = this;
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag !== wanted) {
        reader.skip(tag, end);
        continue;
      }
      const below = reader.end(end);
      read(below);
      reader.endAt(below);
    }
    reader.endAt(end);
  }
}
