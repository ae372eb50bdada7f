import { toJournal } from '@parapet/contracts';
import {
  countMarks,
  effectiveMode,
  type EffectiveMode,
  type Guardrail,
  type GuardrailModeChanged,
  type GuardrailPolicy,
  isTooImprecise,
  type Marks,
  moveOf,
  precisionOf,
  PRECISION_FLOOR,
  type Rung,
} from '@parapet/guardrails';
import { canonicalJson, unreachable } from '@parapet/kernel';
import { type Journal, sha256, type Tx } from '@parapet/postgres';
import type { By } from '../releases/release-streams.js';
import {
  lockLadder,
  proofsOf,
  saveStanding,
  standingsOf,
  type StoredProof,
  type StoredStanding,
} from './ladder-store.js';
import { marksOfBreaches } from './mark-store.js';

/** What makes a person's will known to the ladder. */
export type LadderCause =
  | { readonly kind: 'restored'; readonly guardrail: string; readonly note: string; readonly afterSeq: number }
  | { readonly kind: 'forced'; readonly guardrails: readonly string[]; readonly note: string };

/** One guardrail where it stands now. */
export interface Standing extends EffectiveMode {
  readonly guardrail: Guardrail;
  readonly digest: string;
  readonly marks: Marks;
  readonly proof: StoredProof | null;
}

/** The name of what a guardrail compares: one that compares something else has to be shown anew, and is marked anew. */
export function guardrailDigest({ signal, where, test, volume }: Guardrail): string {
  return sha256(canonicalJson({ signal, where, test, volume: volume ?? null }));
}

/** Keeps where guardrails stand on the ladder observe → propose → act, and journals every move once. */
export class Ladder {
  constructor(
    private readonly journal: Journal,
    private readonly committed: (tenant: string) => void,
  ) {}

  /**
   * Looks at the proof and the marks of a policy's guardrails in an environment and moves each to where it belongs: what is new is
   * journaled in this transaction. Takes the ladder's lock, so it goes before those of a release and of the journal.
   */
  async settle(
    tx: Tx,
    environment: string,
    policy: GuardrailPolicy,
    by: By,
    cause?: LadderCause,
  ): Promise<readonly Standing[]> {
    await lockLadder(tx, environment);
    const standings = await standingsOf(tx, environment, policy.name);
    const proofs = await proofsOf(tx, environment, policy.name);
    const all: Standing[] = [];
    for (const guardrail of policy.guardrails) {
      const before = standings.get(guardrail.name) ?? null;
      const digest = guardrailDigest(guardrail);
      const wanted = withCause(before ?? startingAt(guardrail), digest, cause);
      const marks = countMarks(
        await marksOfBreaches(
          tx,
          { environment, policy: policy.name, guardrail: guardrail.name },
          digest,
          wanted.counted_from,
        ),
      );
      const proof = proofs.find((one) => one.guardrail === guardrail.name && one.digest === digest) ?? null;
      const isSteppedDown = wanted.is_stepped_down || isTooImprecise(marks, policy.precision ?? PRECISION_FLOOR);
      const effective = effectiveMode(guardrail.mode, {
        hasData: proof?.data_at != null,
        hasBreached: proof?.breach_at != null,
        isForced: wanted.forced_digest === digest,
        isSteppedDown,
      });
      const after: StoredStanding = {
        ...wanted,
        declared: guardrail.mode,
        mode: effective.mode,
        why: effective.why,
        is_stepped_down: isSteppedDown,
      };
      const changed = changeOf(policy.name, digest, before ?? startingAt(guardrail), after, marks, cause, by);
      if (before === null || canonicalJson(before) !== canonicalJson(after))
        await saveStanding(tx, { environment, policy: policy.name }, after);
      if (changed !== null) await this.say(tx, environment, changed, by);
      all.push({ ...effective, guardrail, digest, marks, proof });
    }
    return all;
  }

  private async say(tx: Tx, environment: string, event: GuardrailModeChanged, by: By): Promise<void> {
    const stream = `guardrail:${environment}/${event.policy}/${event.guardrail}`;
    await this.journal.append(
      tx,
      { tenant: tx.tenant, stream, environment, workload: 'none' },
      'any',
      [toJournal(event)],
      by,
    );
    tx.afterCommit(() => this.committed(tx.tenant));
  }
}

/** The policy as it counts: every guardrail in the mode it has earned, with what keeps it from the declared one. */
export function effectivePolicy(policy: GuardrailPolicy, standings: readonly Standing[]): GuardrailPolicy {
  return {
    ...policy,
    guardrails: policy.guardrails.map((guardrail) => {
      const standing = standings.find((one) => one.guardrail.name === guardrail.name);
      if (standing === undefined || standing.why === null) return guardrail;
      return { ...guardrail, mode: standing.mode, standing: { declared: guardrail.mode, why: standing.why } };
    }),
  };
}

/** Nothing was said of it yet: what is declared is what everybody takes it for. */
function startingAt(guardrail: Guardrail): StoredStanding {
  return {
    guardrail: guardrail.name,
    declared: guardrail.mode,
    mode: guardrail.mode,
    why: null,
    is_stepped_down: false,
    counted_from: 0,
    forced_digest: null,
  };
}

function withCause(standing: StoredStanding, digest: string, cause: LadderCause | undefined): StoredStanding {
  if (cause === undefined) return standing;
  switch (cause.kind) {
    case 'restored':
      return cause.guardrail === standing.guardrail
        ? { ...standing, is_stepped_down: false, counted_from: cause.afterSeq }
        : standing;
    case 'forced':
      return cause.guardrails.includes(standing.guardrail) ? { ...standing, forced_digest: digest } : standing;
    default:
      return unreachable(cause);
  }
}

function changeOf(
  policy: string,
  digest: string,
  before: StoredStanding,
  after: StoredStanding,
  marks: Marks,
  cause: LadderCause | undefined,
  by: By,
): GuardrailModeChanged | null {
  const move = moveOf(rungOf(before, digest), rungOf(after, digest), willOf(cause, after.guardrail));
  if (move === null) return null;
  const precision = precisionOf(marks);
  const isOfPerson = cause !== undefined && (move.reason === 'restored' || move.reason === 'forced');
  return {
    type: 'GuardrailModeChanged',
    policy,
    guardrail: after.guardrail,
    ...move,
    ...(precision === null ? {} : { precision: precision.value, right: marks.right, wrong: marks.wrong }),
    ...(isOfPerson ? { note: cause.note } : {}),
    by: isOfPerson ? by.actor.id : 'release-control',
  };
}

function rungOf({ declared, mode, why, is_stepped_down, forced_digest }: StoredStanding, digest: string): Rung {
  return { declared, mode, why, isSteppedDown: is_stepped_down, isForced: forced_digest === digest };
}

function willOf(cause: LadderCause | undefined, guardrail: string): LadderCause['kind'] | null {
  switch (cause?.kind) {
    case undefined:
      return null;
    case 'restored':
      return cause.guardrail === guardrail ? 'restored' : null;
    case 'forced':
      return cause.guardrails.includes(guardrail) ? 'forced' : null;
    default:
      return unreachable(cause);
  }
}
