import { configurationOf, type SignalSource } from '@parapet/policy';
import { parse } from 'yaml';

/** A source as its configuration is read: `signals` in YAML, as somebody writes them. */
export function declaredSource(kind: 'remote-write' | 'otlp', signals: string): SignalSource {
  const spec = {
    kind,
    credentials: [{ env: 'TOKEN' }],
    environments: ['production', 'staging'],
    signals: parse(signals),
  };
  const tenant = {
    kind: 'Tenant',
    name: 'acme-retail',
    revision: 1,
    spec: { environments: [{ name: 'production' }, { name: 'staging' }] },
  };
  const source = { kind: 'SignalSource', name: 'shop', revision: 1, spec };
  const [read] = configurationOf('acme-retail', [tenant, source] as never).signalSources;
  if (read === undefined) throw new Error('no source was read');
  return read;
}
