import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseDocuments } from '@parapet/policy';
import { METRICS } from '@parapet/telemetry';
import { parse } from 'yaml';
import { DOORS } from '../../services/metrics-ingestion/src/app.module.js';
import { snippetsOf } from '../../services/metrics-ingestion/test/snippets.js';

/** The pages of senders that need no sender to be tried: what is pasted into Parapet, and Grafana's own files. */

const PAGES = [
  'alertmanager.md',
  'prometheus-push.md',
  'prometheus-query.md',
  'grafana.md',
  'samples.md',
  'remote-write.md',
  'otlp.md',
];
const TENANT = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { name: acme-retail }
spec: { environments: [{ name: production }] }
`;

describe.each(PAGES)('docs/sources/%s', (page) => {
  const ours = snippetsOf(page, 'yaml').filter((snippet) => snippet.includes('apiVersion: parapet.dev/'));

  it('begins with what to paste into the sender, before it explains anything', () => {
    const text = readFileSync(new URL(`../../docs/sources/${page}`, import.meta.url), 'utf8');
    expect(text.indexOf('\n```')).toBeLessThan(600);
    expect(text.indexOf('\n```')).toBeLessThan(text.indexOf('\n## '));
  });

  it('has sources that Parapet takes as they stand', () => {
    expect(ours.length).toBeGreaterThan(0);
    for (const snippet of ours) {
      const parsed = parseDocuments([{ file: page, text: `${TENANT}---\n${snippet}` }]);
      expect('problems' in parsed ? parsed.problems : []).toEqual([]);
    }
  });
});

describe.each(PAGES)('docs/sources/%s, where it says how to see that something arrives', (page) => {
  const text = readFileSync(new URL(`../../docs/sources/${page}`, import.meta.url), 'utf8');
  const part = /^## Does it arrive\?\n(.*?)(?=^## )/ms.exec(text)?.[1] ?? '';
  const { kind, name } = sourceOf(page);

  it('names metrics that there are, with the labels that they have', () => {
    const named = [...part.matchAll(/`(parapet_\w+)`/g)].map(([, metric]) => metric as string);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((metric) => !Object.hasOwn(METRICS, metric))).toEqual([]);
    const labels = [...part.matchAll(/(\w+)="/g)].map(([, label]) => label as string);
    const known: readonly string[] = METRICS[named[0] as keyof typeof METRICS].labels;
    expect(labels.filter((label) => !known.includes(label))).toEqual([]);
  });

  it('means the source of the page, at its door', () => {
    expect(part).toContain(`source="${name}"`);
    if (kind === 'prometheus-query') return;
    expect(part).toContain(`door="${kind}"`);
    expect(part).toContain(`parapet dead list --consumer ${kind}`);
    expect(DOORS.map((door) => door.name)).toContain(kind);
  });
});

/** The first source that a page has for Parapet. */
function sourceOf(page: string): { readonly kind: string; readonly name: string } {
  const [first] = snippetsOf(page, 'yaml').filter((snippet) => snippet.includes('apiVersion: parapet.dev/'));
  const { metadata, spec } = parse(first as string) as { metadata: { name: string }; spec: { kind: string } };
  return { kind: spec.kind, name: metadata.name };
}

describe('Grafana’s own files', () => {
  const [files] = snippetsOf('grafana.md', 'yaml');
  const { contactPoints, policies } = parse(files as string) as {
    contactPoints: { name: string; receivers: { type: string; settings: Record<string, unknown> }[] }[];
    policies: { routes: { receiver: string; group_interval: string; repeat_interval: string }[] }[];
  };

  it('sign with the headers that are read, and send where the source is', () => {
    const settings = contactPoints[0]?.receivers[0]?.settings;
    expect(settings).toMatchObject({
      url: 'https://parapet.acme.example/v1/ingest/grafana/shop-grafana',
      hmacConfig: { header: 'X-Grafana-Alerting-Signature', timestampHeader: 'X-Grafana-Alerting-Timestamp' },
    });
  });

  it('repeat as often as the source says', () => {
    const [route] = policies[0]?.routes ?? [];
    const source = parse(snippetsOf('grafana.md', 'yaml')[1] as string) as { spec: Record<string, unknown> };
    expect(route).toMatchObject({
      receiver: contactPoints[0]?.name,
      group_interval: source.spec['groupInterval'],
      repeat_interval: source.spec['repeatInterval'],
    });
  });
});
