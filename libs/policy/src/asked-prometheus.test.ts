import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configurationOf } from './configuration-of.js';
import { parseDocuments } from './parse.js';

const FILE = new URL('../fixtures/good-query-source.yaml', import.meta.url);

function sources() {
  const parsed = parseDocuments([{ file: 'good-query-source.yaml', text: readFileSync(FILE, 'utf8') }]);
  if (!('documents' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const documents = parsed.documents.map(({ kind, name, spec }) => ({ kind, name, spec, revision: 1, digest: '' }));
  const { signalSources } = configurationOf('acme-retail', documents);
  return new Map(signalSources.map((source) => [source.name, source]));
}

describe('a Prometheus that is asked', () => {
  it('is known with everything that was left out', () => {
    const source = sources().get('shop-prometheus');
    expect(source?.prometheus).toEqual({
      url: 'https://prometheus.acme.example/eu',
      bearer: null,
      basic: { user: 'parapet', password: { file: '/etc/parapet/prometheus.password' } },
      ca: '/etc/parapet/ca.pem',
      allowPrivate: false,
      timeoutMs: 10_000,
      scrapeIntervalMs: 10_000,
      externalLabels: {},
    });
    expect([source?.credentials, source?.historyMs]).toEqual([[], 14 * 86_400_000]);
  });

  it('is asked for a value, a count of something or of seconds, or buckets; signals come as often as it is asked', () => {
    const { signals = [] } = sources().get('shop-prometheus') ?? {};
    const release = { environment: 'environment', store: 'store', arm: 'arm' };
    expect(signals.map(({ name, query, intervalMs }) => [name, query?.asks.kind, query?.labels, intervalMs])).toEqual([
      ['shop.http.errors', 'count', { ...release, store: 'shop', route: 'route' }, 30_000],
      ['shop.orders', 'count', release, 30_000],
      ['shop.latency', 'buckets', release, 30_000],
      ['shop.queue', 'value', release, 30_000],
    ]);
    expect(signals[1]?.query?.asks).toMatchObject({ of: null });
  });

  it('may settle the doubts of a source of alerts', () => {
    expect(sources().get('shop-alertmanager')?.prometheus).toMatchObject({
      url: 'http://prometheus:9090',
      allowPrivate: true,
      externalLabels: { cluster: 'eu' },
    });
  });
});
