import { canonicalJson, invariant, type Json } from '@parapet/kernel';
import type { Actor } from '@parapet/runtime';
import type { Database } from './database.js';
import { sha256 } from './journal.js';
import type { Tx } from './transaction.js';

/** A document of the configuration at the revision that last changed it. */
export interface StoredDocument {
  readonly kind: string;
  readonly name: string;
  readonly revision: number;
  readonly spec: Json;
  /** SHA-256 of the spec's canonical JSON. */
  readonly digest: string;
}

/** A document to store; its revision and digest are given here. */
export type NewDocument = Pick<StoredDocument, 'kind' | 'name' | 'spec'>;

/** What a `put` changed; where nothing did, the revision is the one before. */
export interface ConfigurationChange {
  readonly revision: number;
  readonly changed: readonly StoredDocument[];
  readonly removed: readonly { readonly kind: string; readonly name: string }[];
}

/** Immutable revisions of a tenant's documents; one revision number for the whole tenant. */
export class ConfigurationStore {
  /**
   * Stores the documents that differ from the current ones under the tenant's next revision; the caller journals it.
   * @param o.prune remove current documents that are not among these
   */
  async put(
    tx: Tx,
    documents: readonly NewDocument[],
    by: Actor,
    o: { readonly prune?: boolean } = {},
  ): Promise<ConfigurationChange> {
    invariant(tx.tenant !== '*', 'configuration belongs to one tenant');
    await tx.query('INSERT INTO configuration_heads VALUES ($1, 0) ON CONFLICT DO NOTHING', [tx.tenant]);
    const [head] = await tx.query<{ revision: number }>(
      'SELECT revision FROM configuration_heads WHERE tenant = $1 FOR UPDATE',
      [tx.tenant],
    );
    invariant(head, `no configuration head of ${tx.tenant}`);

    const before = new Map((await this.current(tx)).map((d) => [keyOf(d), d]));
    const wanted = new Map(documents.map((d) => [keyOf(d), d]));
    invariant(wanted.size === documents.length, 'the same document twice');
    const revision = head.revision + 1;
    const changed = [...wanted.values()]
      .map(
        (d): StoredDocument => ({
          kind: d.kind,
          name: d.name,
          revision,
          spec: d.spec,
          digest: sha256(canonicalJson(d.spec)),
        }),
      )
      .filter((d) => before.get(keyOf(d))?.digest !== d.digest);
    const removed = o.prune
      ? [...before.values()].filter((d) => !wanted.has(keyOf(d))).map(({ kind, name }) => ({ kind, name }))
      : [];
    if (changed.length + removed.length === 0) return { revision: head.revision, changed, removed };

    for (const d of changed) await this.insert(tx, d.kind, d.name, revision, canonicalJson(d.spec), d.digest, by);
    for (const d of removed) await this.insert(tx, d.kind, d.name, revision, null, null, by);
    await tx.query('UPDATE configuration_heads SET revision = $2 WHERE tenant = $1', [tx.tenant, revision]);
    return { revision, changed, removed };
  }

  /** `put` in a transaction of its own, for set-up and tests. */
  putNow(db: Database, tenant: string, documents: readonly NewDocument[], by: Actor): Promise<ConfigurationChange> {
    return db.transactRetrying(tenant, (tx) => this.put(tx, documents, by));
  }

  /** The tenant's documents as they stand, by kind and name. */
  async current(tx: Tx, tenant: string = tx.tenant): Promise<StoredDocument[]> {
    invariant(tenant !== '*', 'whose configuration?');
    return tx.query<StoredDocument>(
      'SELECT kind, name, revision, spec, digest FROM configuration_current WHERE tenant = $1 ORDER BY kind, name',
      [tenant],
    );
  }

  /** The tenant's newest revision; 0 where nothing was ever applied. */
  async revision(tx: Tx, tenant: string = tx.tenant): Promise<number> {
    return (await this.revisions(tx)).get(tenant) ?? 0;
  }

  /** The newest revision of every tenant that the transaction sees. */
  async revisions(tx: Tx): Promise<ReadonlyMap<string, number>> {
    const rows = await tx.query<{ tenant: string; revision: number }>(
      'SELECT tenant, revision FROM configuration_heads ORDER BY tenant',
    );
    return new Map(rows.map((row) => [row.tenant, row.revision]));
  }

  private async insert(
    tx: Tx,
    kind: string,
    name: string,
    revision: number,
    spec: string | null,
    digest: string | null,
    by: Actor,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO configuration_revisions (tenant, kind, name, revision, spec, digest, applied_by) VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb)`,
      [tx.tenant, kind, name, revision, spec, digest, canonicalJson(by)],
    );
  }
}

function keyOf(document: { readonly kind: string; readonly name: string }): string {
  return JSON.stringify([document.kind, document.name]);
}
