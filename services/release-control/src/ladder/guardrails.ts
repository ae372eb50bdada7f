import type { GuardrailView } from '@parapet/contracts';
import { ProblemError } from '@parapet/nest';
import type { Configuration } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import type { RestoreBody } from '../http/requests.js';
import type { By } from '../releases/release-streams.js';
import { standingsOf } from './ladder-store.js';
import type { Ladder } from './ladder.js';
import { environmentsOf, guardrailViews, policyViews } from './standing-views.js';

/** Shows how far guardrails are trusted, and gives one that was stepped down the right to act again. */
export class Guardrails {
  constructor(private readonly ladder: Ladder) {}

  async list(tx: Tx, configuration: Configuration | null): Promise<readonly GuardrailView[]> {
    return configuration === null ? [] : guardrailViews(tx, configuration);
  }

  /** A person's word that a guardrail is to be trusted again; its precision is counted anew from here. */
  async restore(
    tx: Tx,
    configuration: Configuration | null,
    { policy: policyName, guardrail }: { readonly policy: string; readonly guardrail: string },
    { environment, reason }: RestoreBody,
    by: By,
  ): Promise<readonly GuardrailView[]> {
    const policy = configuration?.guardrailPolicies.find((one) => one.name === policyName);
    if (configuration === null || policy === undefined || !policy.guardrails.some((one) => one.name === guardrail))
      throw new ProblemError(404, 'unknown-guardrail', `there is no guardrail ${guardrail} in a policy ${policyName}`);
    const asked = environment === undefined ? environmentsOf(configuration, policy) : [environment];
    const restored: GuardrailView[] = [];
    for (const where of [...asked].sort()) {
      const standing = (await standingsOf(tx, where, policyName)).get(guardrail);
      if (standing?.is_stepped_down !== true) continue;
      const cause = { kind: 'restored', guardrail, note: reason, afterSeq: await newestSeq(tx) } as const;
      await this.ladder.settle(tx, where, policy, by, cause);
      restored.push(
        ...(await policyViews(tx, configuration, where, policy)).filter((one) => one.guardrail === guardrail),
      );
    }
    if (restored.length > 0) return restored;
    throw new ProblemError(
      409,
      'not-stepped-down',
      `${guardrail} of ${policyName} was not stepped down for its precision${environment === undefined ? '' : ` in ${environment}`}`,
    );
  }
}

/** What was said up to now; what is marked afterwards counts. */
async function newestSeq(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ seq: number }>('SELECT seq FROM journal_heads WHERE tenant = $1', [tx.tenant]);
  return row?.seq ?? 0;
}
