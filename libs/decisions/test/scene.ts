import type { ActuationEvent } from '@parapet/actuation';
import type { EvaluationEvent, GuardrailPolicy, GuardrailReport, Mode, VerdictKind } from '@parapet/guardrails';
import { formatInstant } from '@parapet/kernel';
import {
  type AnswerWord,
  type DecisionInput,
  type DecisionPolicy,
  decisions,
  isRefusal,
  type Outcome,
  type ReleaseEvent,
  type ReleaseRegistered,
  type ReleaseState,
  type Surroundings,
} from '../src/index.js';

/** When every scene begins: seconds in scenes are counted from here. */
export const START_MS = Date.parse('2026-11-23T09:00:00Z');
export const at = (seconds: number): string => formatInstant(START_MS + seconds * 1000);

export const GUARDRAILS: GuardrailPolicy = {
  name: 'checkout',
  revision: 3,
  warmUpMs: 0,
  durationMs: 3_600_000,
  coverage: 0.75,
  falseRollbackRate: 0.01,
  baselineMs: 86_400_000,
  extendMs: 0,
  recoverWithinMs: 1_800_000,
  guardrails: [],
};

export const POLICY: DecisionPolicy = {
  name: 'shop',
  revision: 2,
  rules: [
    { name: 'high and proven goes back by itself', when: { criticality: ['high'], mode: ['act'] }, then: 'auto' },
    { name: 'low is watched', when: { criticality: ['low'] }, then: 'observe' },
    { name: 'everything else is asked', when: {}, then: 'propose' },
  ],
  proposal: {
    expiresAfterMs: 600_000,
    onExpiry: 'hold',
    approvalsNeeded: 1,
    starterMayApprove: false,
    acknowledgeForMs: 300_000,
  },
  orderValidForMs: 900_000,
};

export const RELEASE: Omit<ReleaseRegistered, 'type'> = {
  name: 'shop-2',
  workload: 'shop',
  environment: 'production',
  components: [
    { component: 'web', version: '2' },
    { component: 'pos', version: '2' },
  ],
  previous: {
    release: 'rel_1',
    components: [
      { component: 'web', version: '1' },
      { component: 'pos', version: '1' },
    ],
  },
  steps: [{ kind: 'configuration', what: 'new settings', reversible: 'yes' }],
  criticality: 'high',
  reversibility: 'yes',
  guardrailPolicy: GUARDRAILS,
  decisionPolicy: POLICY,
  origin: 'api',
  startedBy: 'release-lead',
};

/** A digest that a person can read in a transcript; collisions do not matter there. */
export function plainDigest(text: string): string {
  let hash = 7;
  for (const char of text) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/** A guardrail in breach, as the evaluator reports it. */
export function breach(name: string, mode: Mode, evidence = 9): GuardrailReport {
  return { name, verdict: 'breach', mode, evidence, observed: 0.08, limit: 0.05, words: `${name}: 8 % (limit 5 %).` };
}

/** One stream as it grows: other processes append to it, and the decider answers. */
export class Scene {
  state: ReleaseState = decisions.initialState;
  readonly log: ReleaseEvent[] = [];
  nowMs = START_MS;
  heldBy: string | null = null;
  targets: Record<string, string> = { web: 'shop-web', pos: 'shop-pos' };
  private made = 0;

  /** Moves the clock to so many seconds after the start. */
  to(seconds: number): this {
    this.nowMs = START_MS + seconds * 1000;
    return this;
  }

  /** What another process says in this stream. */
  hear(event: EvaluationEvent | ActuationEvent): this {
    this.append(event);
    return this;
  }

  verdict(to: VerdictKind, mode: Mode, guardrails: readonly GuardrailReport[], final = false): this {
    const before = this.state.phase === 'unregistered' ? 'pending' : (this.state.verdict?.to ?? 'pending');
    return this.hear({
      type: 'VerdictChanged',
      from: before,
      to,
      final,
      mode,
      since: formatInstant(this.nowMs),
      coverage: { judged: 1, required: 1 },
      guardrails,
      evidence: { href: 'https://parapet.example/e', sha256: 'e'.repeat(64) },
    });
  }

  /** Decides, appends what follows and answers it. */
  decide(input: DecisionInput): Outcome {
    const outcome = decisions.decide(this.state, input);
    if (!isRefusal(outcome)) for (const event of outcome) this.append(event);
    return outcome;
  }

  register(over: Partial<Omit<ReleaseRegistered, 'type'>> = {}): Outcome {
    return this.decide({ type: 'RegisterRelease', release: { ...RELEASE, ...over } });
  }

  phase(
    phase: 'deploying' | 'live' | 'failed' | 'superseded' | 'rolled-back' | 'finished' | 'registered' | 'refused',
  ): Outcome {
    return this.decide({ type: 'ChangePhase', phase, at: formatInstant(this.nowMs), by: 'pipeline' });
  }

  follow(): Outcome {
    return this.decide({ type: 'Follow', nowMs: this.nowMs, around: this.around() });
  }

  expire(proposal = 'prp_1'): Outcome {
    return this.decide({ type: 'ExpireProposal', nowMs: this.nowMs, proposal, around: this.around() });
  }

  /** An answer by somebody who may do everything and saw what is there now, unless told otherwise. */
  answer(
    word: AnswerWord,
    over: Partial<Extract<DecisionInput, { type: 'AnswerProposal' }>> & { who?: string } = {},
  ): Outcome {
    const { who = 'on-call', ...rest } = over;
    const shown = this.shown(rest.proposal);
    return this.decide({
      type: 'AnswerProposal',
      nowMs: this.nowMs,
      answer: `ans_${++this.made}`,
      proposal: 'prp_1',
      word,
      by: { subject: who, mayRespond: true, mayApprove: true },
      reason: 'seen it',
      text: 'looking',
      ...shown,
      around: this.around(),
      ...rest,
    });
  }

  around(): Surroundings {
    const n =
      this.log.filter((event) => event.type === 'ProposalOpened' || event.type === 'RollbackOrdered').length + 1;
    return {
      release: 'rel_2',
      targets: this.targets,
      heldBy: this.heldBy,
      consoleUrl: 'https://parapet.example',
      ids: { proposal: `prp_${n}`, plan: `pln_${n}`, actuation: `act_${n}` },
      digest: plainDigest,
    };
  }

  private shown(id = 'prp_1'): { planId?: string; planDigest?: string; revision?: number } {
    const proposal =
      this.state.phase === 'unregistered' ? undefined : this.state.proposals.find((p) => p.opened.proposal === id);
    if (proposal === undefined) return {};
    const { plan, planDigest } = proposal.opened;
    return { planId: plan.planId, planDigest, revision: proposal.revision };
  }

  private append(event: ReleaseEvent): void {
    this.log.push(event);
    this.state = decisions.evolve(this.state, event);
  }
}

/** A registered release that is live, begun at second 0 and live at second 60. */
export function liveScene(over: Partial<Omit<ReleaseRegistered, 'type'>> = {}): Scene {
  const scene = new Scene();
  scene.register(over);
  scene.phase('deploying');
  scene.to(60).phase('live');
  return scene.to(120);
}

/** An outcome in one line a row can state: event types, or the code of the refusal. */
export function words(outcome: Outcome): readonly string[] {
  if (isRefusal(outcome))
    return [`refused ${outcome.status} ${outcome.code}${outcome.why === undefined ? '' : ` ${outcome.why}`}`];
  return outcome.map((event) => {
    switch (event.type) {
      case 'DecisionMade':
        return `DecisionMade ${event.outcome}`;
      case 'ProposalEnded':
        return `ProposalEnded ${event.end}`;
      case 'ReleasePhaseChanged':
        return `ReleasePhaseChanged ${event.to}`;
      case 'ProposalChanged':
        return `ProposalChanged ${event.revision}${event.recovering ? ' recovering' : ''}`;
      case 'ProposalAnswered':
        return `ProposalAnswered ${event.word}`;
      default:
        return event.type;
    }
  });
}

export function finished(actuation: string, outcome: 'done' | 'failed' | 'unknown'): ActuationEvent {
  return { type: 'ActuationFinished', actuation, outcome, steps: [], attempt: 1 };
}

export function recovery(outcome: 'recovering' | 'recovered' | 'not-recovered'): EvaluationEvent {
  return { type: 'RecoveryJudged', outcome, guardrails: [] };
}
