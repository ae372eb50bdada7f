import { setImmediate as breathe } from 'node:timers/promises';
import { selfTest, type SelfTest } from '@parapet/backtest';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import type { Configuration } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import type { By } from '../releases/release-streams.js';
import { HeardIn } from './heard.js';
import { addProof, proofsOf } from './ladder-store.js';
import { effectivePolicy, guardrailDigest, type Ladder, type LadderCause, type Standing } from './ladder.js';
import { ownHistory } from './own-history.js';

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
    return effectivePolicy(policy, await this.prove(tx, configuration, environment, policy, by));
  }

  /** Looks for what is lacking, then settles where each guardrail stands. */
  async prove(
    tx: Tx,
    configuration: Configuration,
    environment: string,
    policy: GuardrailPolicy,
    by: By,
    cause?: LadderCause,
  ): Promise<readonly Standing[]> {
    await this.seek(tx, configuration, environment, policy);
    return this.ladder.settle(tx, environment, policy, by, cause);
  }

  /** Data of every guardrail that was not yet shown to return any, and a self-test of every one that lacks only that to act. */
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
      const hasData = proof?.data_at != null || (await heard.of(guardrail)).atMs !== null;
      if (!hasData) continue;
      if (proof?.data_at == null) await addProof(tx, place, digest, { data: true });
      if (guardrail.mode !== 'act' || proof?.breach_at != null) continue;
      const test = await testOn(tx, configuration, environment, policy, guardrail);
      await addProof(tx, place, digest, { test, ...(test.outcome === 'passed' ? { breachBy: 'self-test' } : {}) });
    }
  }
}

/** Tries a guardrail on its own history in an environment. The judge is pure and takes its time, so others go first. */
export async function testOn(
  tx: Tx,
  configuration: Configuration,
  environment: string,
  policy: GuardrailPolicy,
  guardrail: Guardrail,
): Promise<SelfTest> {
  const own = await ownHistory(tx, configuration, environment, policy, guardrail);
  await breathe();
  return selfTest(own);
}
