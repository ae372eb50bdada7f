import { ProblemError } from '@parapet/nest';
import type { ApplyView } from '@parapet/contracts';
import type { Json } from '@parapet/kernel';
import { checkDocuments, type ConfigurationDocument, type ConfigurationProblem } from '@parapet/policy';
import type { ConfigurationStore, Journal, Tx } from '@parapet/postgres';
import type { By } from '../releases/release-streams.js';

/** A document as it came, with where it stood. */
export interface SentDocument {
  readonly file: string;
  readonly line: number;
  readonly document?: unknown;
}

/** What an apply comes to: what it did, or everything that is wrong. */
export type Applied = { readonly view: ApplyView } | { readonly problems: readonly ConfigurationProblem[] };

/** Checks configuration and puts it in force, whole or not at all. */
export class Configurations {
  constructor(
    private readonly store: ConfigurationStore,
    private readonly journal: Journal,
  ) {}

  /** Puts the documents in force as one revision; with `isDryRun` only says what it would do. */
  async apply(tx: Tx, sent: readonly SentDocument[], isDryRun: boolean, by: By): Promise<Applied> {
    const current = await this.store.current(tx);
    const inForce = current.map(({ kind, name, spec }) => ({ tenant: tx.tenant, kind, name, spec }));
    const checked = checkDocuments(
      sent.map(({ file, line, document }) => ({ file, line, document })),
      inForce,
    );
    if ('problems' in checked) return { problems: checked.problems };
    const foreign = checked.documents.find((document) => document.tenant !== tx.tenant);
    if (foreign !== undefined) {
      throw new ProblemError(
        403,
        'wrong-tenant',
        `${foreign.file}:${foreign.line} belongs to tenant ${foreign.tenant}, these credentials to ${tx.tenant}`,
      );
    }
    const changes = checked.documents.map((document) => ({
      kind: document.kind,
      name: document.name,
      change: changeOf(document, current),
    }));
    if (isDryRun) return { view: { revision: await this.store.revision(tx), changes } };
    const documents = checked.documents.map(({ kind, name, spec }) => ({ kind, name, spec: spec as Json }));
    const { revision, changed } = await this.store.put(tx, documents, by.actor);
    if (changed.length > 0) await this.record(tx, revision, changed, current, by);
    return { view: { revision, changes } };
  }

  private async record(
    tx: Tx,
    revision: number,
    changed: readonly { readonly kind: string; readonly name: string; readonly digest: string }[],
    before: readonly { readonly kind: string; readonly name: string; readonly digest: string }[],
    by: By,
  ): Promise<void> {
    const documents = changed.map(({ kind, name, digest }) => {
      const old = before.find((one) => one.kind === kind && one.name === name);
      return { kind, name, before: old?.digest ?? null, after: digest };
    });
    const ref = { tenant: tx.tenant, stream: 'configuration', environment: 'none', workload: 'none' };
    await this.journal.append(tx, ref, 'any', [{ type: 'configuration.applied', data: { revision, documents } }], by);
  }
}

function changeOf(
  document: ConfigurationDocument,
  current: readonly { readonly kind: string; readonly name: string; readonly digest: string }[],
): 'created' | 'changed' | 'unchanged' {
  const old = current.find((one) => one.kind === document.kind && one.name === document.name);
  if (old === undefined) return 'created';
  return old.digest === document.digest ? 'unchanged' : 'changed';
}
