import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  backupSettingsSchema,
  BUILT_IN_SIGNALS,
  configurationOf,
  driftSettingsSchema,
  httpJourneySettingsSchema,
  kubernetesSettings,
  objectStorageSettingsSchema,
  parseDocuments,
  postgresSettings,
  type ProbeKind,
  redisSettings,
  traefikSettings,
} from '@parapet/policy';
import { makeProbe } from '@parapet/probes';
import { parseAllDocuments, stringify } from 'yaml';

const ROOT = new URL('../../', import.meta.url);
const EXAMPLE = new URL('examples/config/odoo-retail/', ROOT);
const pageOf = (kind: ProbeKind) => readFileSync(new URL(`docs/sources/${kind}.md`, ROOT), 'utf8');

interface Document {
  readonly kind: string;
  readonly spec: { readonly probes?: readonly object[]; readonly guardrails?: readonly { readonly signal: string }[] };
}

/** The YAML of a page that is ours: what its first snippets say to put into the Workload and into the GuardrailPolicy. */
function snippetsOf(kind: ProbeKind): Required<Document['spec']> {
  const blocks = [...pageOf(kind).matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, yaml]) =>
    parseAllDocuments(yaml as string).map((document) => document.toJS() as Document['spec']),
  );
  const { probes = [] } = blocks.find((block) => block.probes !== undefined) ?? {};
  const { guardrails = [] } = blocks.find((block) => block.guardrails !== undefined) ?? {};
  return { probes, guardrails };
}

/** The example of a shop, with what the page says pasted into it. */
function pasted(kind: ProbeKind) {
  const { probes, guardrails } = snippetsOf(kind);
  const documents = readdirSync(EXAMPLE).flatMap((file) =>
    parseAllDocuments(readFileSync(new URL(file, EXAMPLE), 'utf8')).map((document) => document.toJS() as Document),
  );
  const text = documents
    .map(({ spec, ...document }) => {
      const own = spec.probes === undefined ? {} : { probes: [...spec.probes, ...probes] };
      const judged = spec.guardrails === undefined ? {} : { guardrails: [...spec.guardrails, ...guardrails] };
      return stringify({ ...document, spec: { ...spec, ...own, ...judged } });
    })
    .join('---\n');
  return parseDocuments([{ file: `docs/sources/${kind}.md`, text }]);
}

const KINDS = {
  backup: backupSettingsSchema,
  drift: driftSettingsSchema,
  'http-journey': httpJourneySettingsSchema,
  kubernetes: kubernetesSettings,
  'object-storage': objectStorageSettingsSchema,
  postgres: postgresSettings,
  redis: redisSettings,
  traefik: traefikSettings,
};

describe.each(Object.entries(KINDS))('docs/sources/%s.md', (name, schema) => {
  const kind = name as ProbeKind;
  const signals = BUILT_IN_SIGNALS.filter((signal) => signal.probe === kind).map((signal) => signal.name);

  it('begins with what to paste, and that makes a probe and guardrails of its signals', () => {
    const parsed = pasted(kind);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems, null, 2));
    const stored = parsed.documents.map(({ digest, spec, ...one }) => ({ ...one, digest, spec, revision: 1 }));
    const { workloads, guardrailPolicies } = configurationOf('acme-retail', stored);
    const declared = workloads.flatMap(({ name: workload, probes }) => probes.map((probe) => ({ workload, probe })));
    const own = declared.filter(({ probe }) => probe.kind === kind);
    expect(own).toHaveLength(1);
    for (const { workload, probe } of own) {
      const made = makeProbe({ tenant: 'acme-retail', workload, probe }, Date.now);
      expect(made).not.toHaveProperty('problems');
    }
    const judged = guardrailPolicies.flatMap(({ guardrails }) => guardrails.map(({ signal }) => signal));
    const suggested = snippetsOf(kind).guardrails.map(({ signal }) => signal);
    expect(suggested.length).toBeGreaterThan(0);
    expect(suggested.filter((signal) => !signals.includes(signal) || !judged.includes(signal))).toEqual([]);
  });

  it('names every signal, every setting, and no other', () => {
    const page = pageOf(kind);
    const named = new Set([...page.matchAll(/`([A-Za-z][\w.-]*)`/g)].map(([, text]) => text as string));
    const settings = Object.keys(schema.shape);
    expect([...signals, ...settings].filter((wanted) => !named.has(wanted))).toEqual([]);
    expect([...named].filter((text) => text.startsWith(`${kind}.`) && !signals.includes(text))).toEqual([]);
  });
});
