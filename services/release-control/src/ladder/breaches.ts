import type { GuardrailPolicy } from '@parapet/guardrails';
import type { Configuration } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import type { JournalRow } from '@parapet/runtime';
import type { ReleasePlace } from '../releases/release-store.js';
import type { By, ReleaseStreams } from '../releases/release-streams.js';
import { foldRows, releaseEventOf } from '../releases/views.js';
import { addProof, lockLadder } from './ladder-store.js';
import { guardrailDigest, type Ladder } from './ladder.js';
import { type Breach, saveBreaches } from './mark-store.js';

/** Keeps which guardrails were in breach: what was seen to breach in a watch has shown that it can. */
export class Breaches {
  constructor(
    private readonly streams: ReleaseStreams,
    private readonly ladder: Ladder,
  ) {}

  /** Takes a release's verdicts; goes before whatever locks its place. */
  async note(tx: Tx, configuration: Configuration | null, place: ReleasePlace, by: By): Promise<void> {
    await lockLadder(tx, place.environment);
    const rows = await this.streams.read(tx, place);
    const breaches = breachesIn(rows, place);
    if (breaches.length === 0) return;
    await saveBreaches(tx, breaches);
    for (const breach of breaches) await addProof(tx, breach, breach.digest, { data: true, breachBy: 'watch' });
    const policy = policyNow(configuration, rows);
    if (policy !== null) await this.ladder.settle(tx, place.environment, policy, by);
  }
}

/** Which guardrails of a release were in breach, from its stream. */
export function breachesIn(rows: readonly JournalRow[], place: ReleasePlace): readonly Breach[] {
  const registered = foldRows(rows)?.registered;
  if (registered === undefined) return [];
  const { guardrailPolicy: policy } = registered;
  const breaches = new Map<string, Breach>();
  for (const row of rows) {
    const event = releaseEventOf(row);
    if (event?.type !== 'VerdictChanged') continue;
    for (const report of event.guardrails) {
      const guardrail = policy.guardrails.find((one) => one.name === report.name);
      if (report.verdict !== 'breach' || guardrail === undefined || breaches.has(report.name)) continue;
      breaches.set(report.name, {
        release: place.id,
        environment: place.environment,
        policy: policy.name,
        guardrail: report.name,
        digest: guardrailDigest(guardrail),
        verdict: row.version,
        isCounted: guardrail.mode !== 'observe',
        at: row.occurredAt,
      });
    }
  }
  return [...breaches.values()];
}

/** The policy of a release as it is declared now; null where it is declared no more: nothing of it can be stepped down. */
export function policyNow(configuration: Configuration | null, rows: readonly JournalRow[]): GuardrailPolicy | null {
  const name = foldRows(rows)?.registered.guardrailPolicy.name;
  return configuration?.guardrailPolicies.find((one) => one.name === name) ?? null;
}
