import type { ApplyView, LintView } from '@parapet/contracts';
import type { Json } from '@parapet/kernel';
import {
  type Configuration,
  type ConfigurationDocument,
  type ConfigurationProblem,
  describeProblem,
} from '@parapet/policy';
import type { ConfigurationStore, Journal, Tx } from '@parapet/postgres';
import type { Proving } from '../ladder/proving.js';
import { environmentsOf, policyViews } from '../ladder/standing-views.js';
import type { By } from '../releases/release-streams.js';
import { checkedWith, policiesAmong, type SentDocument } from './checked.js';
import { lintData, type LintedPolicy } from './lint.js';

/** What an apply comes to: what it did, or everything that is wrong. */
export type Applied = { readonly view: ApplyView } | { readonly problems: readonly ConfigurationProblem[] };

/** How documents are to be put in force. */
export interface ApplyOptions {
  readonly isDryRun: boolean;
  /** Why guardrails that data speaks against are taken all the same; null: they are not. */
  readonly force: string | null;
}

/** Checks configuration and puts it in force, whole or not at all. */
export class Configurations {
  constructor(
    private readonly store: ConfigurationStore,
    private readonly journal: Journal,
    private readonly proving: Proving,
  ) {}

  /** Puts the documents in force as one revision, or only says what that would do. */
  async apply(tx: Tx, sent: readonly SentDocument[], o: ApplyOptions, by: By): Promise<Applied> {
    const current = await this.store.current(tx);
    const checked = checkedWith(tx.tenant, sent, current);
    if ('problems' in checked) return { problems: checked.problems };
    const changes = checked.documents.map((document) => ({
      kind: document.kind,
      name: document.name,
      change: changeOf(document, current),
    }));
    // What is in force already is not refused for the trouble of a day; by force everything that was sent is meant.
    const isMeant = (document: ConfigurationDocument) =>
      o.force !== null || changeOf(document, current) !== 'unchanged';
    const policies = policiesAmong(checked.next, checked.documents.filter(isMeant));
    const { problems } = await lintData(tx, checked.now, checked.next, policies, { withPower: false });
    if (problems.length > 0 && o.force === null) return { problems };
    if (o.isDryRun) return { view: { revision: await this.store.revision(tx), changes } };
    const documents = checked.documents.map(({ kind, name, spec }) => ({ kind, name, spec: spec as Json }));
    const { revision, changed } = await this.store.put(tx, documents, by.actor);
    const standings = await this.settle(tx, checked.next, policies, o.force, by);
    const forced = o.force === null ? {} : { forced: { reason: o.force, problems: problems.map(describeProblem) } };
    if (changed.length > 0 || o.force !== null) await this.record(tx, revision, changed, current, forced, by);
    return { view: { revision, changes, ...(standings.length === 0 ? {} : { standings }) } };
  }

  /** Everything that speaks against the documents, and how their guardrails do; changes nothing. */
  async lint(tx: Tx, sent: readonly SentDocument[]): Promise<LintView> {
    const checked = checkedWith(tx.tenant, sent, await this.store.current(tx));
    if ('problems' in checked) return { problems: checked.problems, guardrails: [] };
    const policies = policiesAmong(checked.next, checked.documents);
    return lintData(tx, checked.now, checked.next, policies, { withPower: true });
  }

  /** Where the guardrails of changed policies stand then; those that may not do yet what they are declared for are told. */
  private async settle(
    tx: Tx,
    next: Configuration,
    policies: readonly LintedPolicy[],
    force: string | null,
    by: By,
  ): Promise<NonNullable<ApplyView['standings']>> {
    const standings: NonNullable<ApplyView['standings']>[number][] = [];
    for (const { policy } of policies) {
      const names = policy.guardrails.map(({ name }) => name);
      const cause = force === null ? undefined : ({ kind: 'forced', guardrails: names, note: force } as const);
      for (const environment of environmentsOf(next, policy)) {
        await this.proving.prove(tx, next, environment, policy, by, cause);
        const views = await policyViews(tx, next, environment, policy);
        standings.push(
          ...views
            .filter(({ why }) => why !== null)
            .map(({ guardrail, declared, mode, words }) => ({
              policy: policy.name,
              environment,
              guardrail,
              declared,
              mode,
              words,
            })),
        );
      }
    }
    return standings;
  }

  private async record(
    tx: Tx,
    revision: number,
    changed: readonly { readonly kind: string; readonly name: string; readonly digest: string }[],
    before: readonly { readonly kind: string; readonly name: string; readonly digest: string }[],
    forced: Readonly<Record<string, unknown>>,
    by: By,
  ): Promise<void> {
    const documents = changed.map(({ kind, name, digest }) => {
      const old = before.find((one) => one.kind === kind && one.name === name);
      return { kind, name, before: old?.digest ?? null, after: digest };
    });
    const ref = { tenant: tx.tenant, stream: 'configuration', environment: 'none', workload: 'none' };
    await this.journal.append(
      tx,
      ref,
      'any',
      [{ type: 'configuration.applied', data: { revision, documents, ...forced } }],
      by,
    );
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
