// One way to write two thousand series, read as a door reads it, on one thread: `measure.mjs VERSION SHARE`.
import { create, toBinary } from '@bufbuild/protobuf';
import { snapped } from './snapped.mjs';

const [version = '1', share = '1'] = process.argv.slice(2);
const SERIES = 2_000;
const MESSAGES = 20;
const WARM_UP = 60;
const LOOPS = 300;
const NOW_MS = Date.parse('2026-11-27T18:00:00Z');
const ROOT = new URL('../../services/metrics-ingestion/', import.meta.url);
const { remoteWriteDoor } = await import(new URL('dist/remote-write/door.js', ROOT).href);
const { unsnapped } = await import(new URL('dist/remote-write/snappy.js', ROOT).href);

const SIGNAL = {
  name: 'shop.http.errors',
  unit: 'requests',
  badDirection: 'high',
  form: 'proportion',
  temporality: 'cumulative',
  dimensions: ['route'],
  intervalMs: 15_000,
  latenessMs: 60_000,
  from: {
    metric: 'http_requests_total',
    where: { code: ['5*'] },
    of: { metric: 'http_requests_total', where: {} },
    dimensions: { route: 'handler', store: 'store' },
    bounds: null,
  },
};
const sender = {
  tenant: 'bench',
  source: { name: 'shop', kind: 'remote-write', environments: ['production'], signals: [SIGNAL] },
  signals: new Map(),
};

/** Labels as a shop on Kubernetes has them, and as many of them declared as is asked for. @param {number} i */
function labelsOf(i) {
  return Object.entries({
    __name__: i < SERIES * Number(share) ? 'http_requests_total' : `node_cpu_seconds_total_${i % 50}`,
    code: i % 10 === 0 ? '500' : '200',
    handler: `/shop/page/${i % 40}`,
    instance: `10.0.${i % 7}.${i % 250}:8069`,
    job: 'odoo',
    method: i % 2 === 0 ? 'POST' : 'GET',
    namespace: 'shop',
    pod: `odoo-web-7d9f8b6c5-${(i * 7919).toString(36)}`,
    store: `store-${i % 30}`,
  });
}

/** @param {number} scrape */
async function message(scrape) {
  const samples = (/** @type {number} */ i) => [
    { value: i * 100 + scrape, timestamp: BigInt(NOW_MS - 60_000 + scrape * 1_000) },
  ];
  const all = Array.from({ length: SERIES }, (_, i) => i);
  if (version === '1') {
    const { WriteRequestSchema } = await import(new URL('test/generated/prometheus/write-v1_pb.js', ROOT).href);
    const timeseries = all.map((i) => ({
      labels: labelsOf(i).map(([name, value]) => ({ name, value })),
      samples: samples(i),
    }));
    return toBinary(WriteRequestSchema, create(WriteRequestSchema, { timeseries }));
  }
  const { RequestSchema } = await import(new URL('test/generated/prometheus/write-v2_pb.js', ROOT).href);
  const symbols = new Map([['', 0]]);
  const ref = (/** @type {string} */ text) => {
    const known = symbols.get(text) ?? symbols.size;
    symbols.set(text, known);
    return known;
  };
  const timeseries = all.map((i) => ({ labelsRefs: labelsOf(i).flat().map(ref), samples: samples(i) }));
  return toBinary(RequestSchema, create(RequestSchema, { symbols: [...symbols.keys()], timeseries }));
}

const proto = version === '1' ? 'prometheus.WriteRequest' : 'io.prometheus.write.v2.Request';
const head = { mediaType: 'application/x-protobuf', parameters: { proto }, header: () => undefined };
const bodies = [];
for (let i = 0; i < MESSAGES; i++) bodies.push(snapped(await message(i)));
const door = remoteWriteDoor();
/** @param {number} loops */
function read(loops) {
  let accepted = 0;
  for (let i = 0; i < loops; i++) {
    const bytes = unsnapped(bodies[i % MESSAGES]);
    accepted += door.take({ ...head, bytes }, sender, { receipt: 'rcp', digest: '', nowMs: NOW_MS }).accepted;
  }
  return accepted;
}
read(WARM_UP);
const before = process.cpuUsage();
const accepted = read(LOOPS);
const { user, system } = process.cpuUsage(before);
const result = { samples: LOOPS * SERIES, accepted, micros: user + system, bytes: bodies[0]?.length ?? 0 };
process.stdout.write(JSON.stringify(result));
