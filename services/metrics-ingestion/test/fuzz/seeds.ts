import { readdirSync, readFileSync } from 'node:fs';
import type { DoorName } from '../../src/door/kind.js';
import { unsnapped } from '../../src/remote-write/snappy.js';
import { GRAFANA_MESSAGE } from '../grafana.js';
import { version2 } from '../write-requests.js';

/** A body that a door takes, its compression undone. */
export interface Seed {
  readonly body: Buffer;
  readonly contentType: string;
  readonly encoding: 'gzip' | 'snappy' | null;
}

const ROOT = new URL('../../../../test/fixtures/', import.meta.url);
const OWN = new URL('../fixtures/', import.meta.url);

function files(folder: URL, ending: string): readonly Buffer[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending) && file !== 'manifest.json')
    .map((file) => readFileSync(new URL(file, folder)));
}

const json = (body: Buffer | object): Seed => ({
  body: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)),
  contentType: 'application/json',
  encoding: null,
});
const protobuf = (body: Buffer, encoding: Seed['encoding'], proto = ''): Seed => ({
  body,
  contentType: `application/x-protobuf${proto}`,
  encoding,
});

const at = '2026-11-23T09:15:00Z';
const SAMPLES = [
  { signal: 'shop.carts.open', at, value: 41, dimensions: { environment: 'production', till: '1' }, key: 'k' },
  { signal: 'checkout.failures', at, count: 3, of: 812 },
  { signal: 'checkout.failures', at, histogram: { bounds: [0.1, 0.3], counts: [5, 9, 2], sum: 4.1 } },
  { signal: 'shop.carts.open', at, gap: 'unreachable' },
];
const WRITES = files(new URL('remote-write/', OWN), '.bin').map(unsnapped);

const WRITES_2 = version2([
  {
    labels: [
      ['__name__', 'http_requests_total'],
      ['code', '503'],
      ['handler', '/checkout'],
    ],
    samples: [{ value: 3, atMs: Date.parse(at) }],
    histograms: [],
    type: 1,
    createdMs: Date.parse(at) - 60_000,
  },
  { labels: [['__name__', 'carts_open']], samples: [{ value: 41, atMs: Date.parse(at) }], histograms: [], type: 2 },
]);

/** What a door of each kind is really sent: a kind without seeds does not compile. */
export const SEEDS: Readonly<Record<DoorName, readonly Seed[]>> = {
  alertmanager: files(new URL('alertmanager/', ROOT), '.json').map(json),
  prometheus: files(new URL('prometheus-push/', ROOT), '.json').map(json),
  grafana: [json(GRAFANA_MESSAGE), json({ ...GRAFANA_MESSAGE, status: 'resolved', alerts: [], truncatedAlerts: 3 })],
  samples: [json({ samples: SAMPLES }), ...SAMPLES.map((sample) => json({ samples: [sample] }))],
  'remote-write': [
    ...WRITES.map((body) => protobuf(body, 'snappy')),
    ...[WRITES_2, WRITES_2, ...WRITES.slice(0, 1)].map((body) =>
      protobuf(body, 'snappy', ';proto=io.prometheus.write.v2.Request'),
    ),
  ],
  otlp: [
    ...files(new URL('otlp/', OWN), '.bin').flatMap((body) => [protobuf(body, null), protobuf(body, 'gzip')]),
    ...files(new URL('otlp/', OWN), '.json').map(json),
  ],
};
