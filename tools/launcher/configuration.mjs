import { randomFillSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { idMaker } from '@parapet/kernel';
import { describeProblem, hashToken, makeToken, parseDocuments } from '@parapet/policy';
import { ConfigurationStore, Database, Journal } from '@parapet/postgres';

/** The person at the keyboard: on one's own machine there is nobody else to give the first rights. */
export const OPERATOR = 'operator';
const OPERATOR_ROLES = ['viewer', 'responder', 'approver', 'deployer', 'commander', 'auditor', 'admin'];
const ACTOR = /** @type {const} */ ({ kind: 'service', id: 'launcher' });

/** Configuration that cannot be used; the message lists every problem. */
export class ConfigurationRefused extends Error {
  /** @override */
  name = 'ConfigurationRefused';
}

/**
 * Reads and checks every YAML file under a folder; throws every problem at once.
 * @param {string} dir
 * @returns {readonly import('@parapet/policy').ConfigurationDocument[]}
 */
export function readConfiguration(dir) {
  if (!existsSync(dir) || !statSync(dir).isDirectory())
    throw new ConfigurationRefused(`there is no folder ${dir}: give the folder that holds your configuration`);
  const files = yamlFiles(dir).map((file) => ({
    file: relative(process.cwd(), file) || file,
    text: readFileSync(file, 'utf8'),
  }));
  if (files.length === 0)
    throw new ConfigurationRefused(`${dir} holds no .yaml file: examples/config shows what belongs there`);
  const parsed = parseDocuments(files);
  if ('problems' in parsed)
    throw new ConfigurationRefused(
      `the configuration in ${dir} has ${parsed.problems.length} problem(s):\n${parsed.problems.map((problem) => `  ${describeProblem(problem)}`).join('\n')}`,
    );
  return parsed.documents;
}

/** @param {string} dir @returns {string[]} */
function yamlFiles(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name.startsWith('.')) return [];
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return yamlFiles(path);
      return /\.ya?ml$/.test(entry.name) ? [path] : [];
    });
}

/**
 * A sign-in token for every tenant, the same on every run.
 * @param {readonly string[]} tenants
 * @param {Readonly<Record<string, string>>} known
 * @returns {Record<string, string>}
 */
export function tokensFor(tenants, known) {
  return Object.fromEntries(tenants.map((tenant) => [tenant, known[tenant] ?? makeToken()]));
}

/**
 * Stores the documents as release-control would on `parapet apply`; needed because before the first apply nobody has a token to apply with.
 * @param {{ databaseUrl: string; documents: readonly import('@parapet/policy').ConfigurationDocument[]; tokens: Readonly<Record<string, string>> }} o
 */
export async function storeConfiguration({ databaseUrl, documents, tokens }) {
  const db = Database.connect({ url: databaseUrl, applicationName: 'parapet-launcher', max: 2 });
  const store = new ConfigurationStore();
  const journal = new Journal(idMaker(Date.now, (bytes) => void randomFillSync(bytes)));
  try {
    for (const tenant of new Set(documents.map((document) => document.tenant))) {
      const mine = documents
        .filter((document) => document.tenant === tenant)
        .map((document) => withOperator(document, /** @type {string} */ (tokens[tenant])));
      await db.transactRetrying(tenant, async (tx) => {
        const change = await store.put(tx, mine, ACTOR);
        if (change.changed.length + change.removed.length === 0) return;
        const names = change.changed.map(({ kind, name }) => `${kind}/${name}`);
        const ref = { tenant, stream: 'configuration', environment: 'none', workload: 'none' };
        await journal.append(
          tx,
          ref,
          'any',
          [{ type: 'configuration.applied', data: { revision: change.revision, changed: names, removed: [] } }],
          { actor: ACTOR },
        );
      });
    }
  } finally {
    await db.end();
  }
}

/**
 * @param {import('@parapet/policy').ConfigurationDocument} document
 * @param {string} token
 */
function withOperator({ kind, name, spec }, token) {
  if (kind !== 'Tenant') return { kind, name, spec };
  const tenantSpec = /** @type {{ access?: { subject: string }[] }} */ (spec);
  const others = (tenantSpec.access ?? []).filter(({ subject }) => subject !== OPERATOR);
  const operator = { subject: OPERATOR, roles: OPERATOR_ROLES, credentials: [{ sha256: hashToken(token) }] };
  return { kind, name, spec: /** @type {any} */ ({ ...tenantSpec, access: [...others, operator] }) };
}
