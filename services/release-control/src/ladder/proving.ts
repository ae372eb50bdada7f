import type { GuardrailPolicy } from '@parapet/guardrails';
import type { Configuration } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import type { By } from '../releases/release-streams.js';
import { HeardIn } from './heard.js';
import { addProof, proofsOf } from './ladder-store.js';
import { effectivePolicy, guardrailDigest, type Ladder } from './ladder.js';

/** Seeks what is still to be shown of guardrails, so that they may lead to what they are declared for. */
export class Proving {
  constructor(private readonly ladder: Ladder) {}

  /** The policy with every guardrail in the mode it has earned here, after what is lacking was looked for. */
  async earned(
    tx: Tx,
    configuration: Configuration,
    environment: string,
    policy: GuardrailPolicy,
    by: By,
  ): Promise<GuardrailPolicy> {
    await this.seek(tx, configuration, environment, policy);
    return effectivePolicy(policy, await this.ladder.settle(tx, environment, policy, by));
  }

  /** Looks for data of every guardrail that has not yet been shown to return any. */
  private async seek(
    tx: Tx,
    configuration: Configuration,
    environment: string,
    policy: GuardrailPolicy,
  ): Promise<void> {
    const proofs = await proofsOf(tx, environment, policy.name);
    const heard = new HeardIn(tx, configuration, environment);
    for (const guardrail of policy.guardrails) {
      const digest = guardrailDigest(guardrail);
      const proof = proofs.find((one) => one.guardrail === guardrail.name && one.digest === digest);
      const place = { environment, policy: policy.name, guardrail: guardrail.name };
      if (proof?.data_at == null && (await heard.of(guardrail)).atMs !== null)
        await addProof(tx, place, digest, { data: true });
    }
  }
}
