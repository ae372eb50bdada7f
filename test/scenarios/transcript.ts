import type { ActuationEvent } from '@parapet/actuation';
import { isRefusal, type Outcome } from '@parapet/decisions';
import type { GuardrailReport, Mode, VerdictKind } from '@parapet/guardrails';
import { POLICY, RELEASE, recovery, Scene } from '../../libs/decisions/test/scene.js';

/** One line of a scenario: at which second, and what happens then. */
export type Step = { readonly at: number } & (
  | {
      readonly do: 'register';
      readonly over?: Partial<typeof RELEASE>;
      readonly policy?: Partial<typeof POLICY>;
      readonly asking?: Partial<(typeof POLICY)['proposal']>;
    }
  | {
      readonly do: 'phase';
      readonly phase: 'deploying' | 'live' | 'failed' | 'superseded' | 'rolled-back' | 'finished';
    }
  | {
      readonly do: 'verdict';
      readonly to: VerdictKind;
      readonly mode: Mode;
      readonly final?: boolean;
      readonly breach?: readonly Partial<GuardrailReport>[];
      readonly redelivered?: boolean;
    }
  | { readonly do: 'recovery'; readonly outcome: 'recovering' | 'recovered' | 'not-recovered' }
  | { readonly do: 'actuation'; readonly event: ActuationEvent }
  | {
      readonly do: 'answer';
      readonly word: 'acknowledge' | 'unacknowledge' | 'comment' | 'approve' | 'withdraw' | 'reject';
      readonly who: string;
      readonly proposal?: string;
      readonly reason?: string;
      readonly revision?: number;
    }
  | { readonly do: 'expire'; readonly proposal: string }
);

/** Plays a scenario and writes what a person can review: each input, and beneath it what followed. */
export function transcriptOf(steps: readonly Step[]): string {
  const scene = new Scene();
  const lines = steps.flatMap((step) => {
    const { at, ...said } = step;
    const outcome = play(scene.to(at), step);
    return [`> ${clock(at)} ${inputWords(said)}`, ...outcomeWords(outcome)];
  });
  return `${lines.join('\n')}\n`;
}

function play(scene: Scene, step: Step): Outcome {
  switch (step.do) {
    case 'register': {
      const decisionPolicy = { ...POLICY, ...step.policy, proposal: { ...POLICY.proposal, ...step.asking } };
      return scene.register({ ...step.over, decisionPolicy });
    }
    case 'phase':
      return scene.phase(step.phase);
    case 'verdict': {
      const guardrails = (step.breach ?? []).map((report) => ({
        name: 'unnamed',
        verdict: 'breach' as const,
        mode: step.mode,
        words: `${report.name} is in breach.`,
        ...report,
      }));
      if (step.redelivered !== true) scene.verdict(step.to, step.mode, guardrails, step.final === true);
      return scene.follow();
    }
    case 'recovery':
      scene.hear(recovery(step.outcome));
      return scene.follow();
    case 'actuation':
      scene.hear(step.event);
      return scene.follow();
    case 'answer': {
      const { who, word, at: _at, do: _do, ...over } = step;
      return scene.answer(word, { who, ...over });
    }
    case 'expire':
      return scene.expire(step.proposal);
    default:
      throw new Error(`unknown step ${JSON.stringify(step)}`);
  }
}

function clock(seconds: number): string {
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

function inputWords({ do: what, ...rest }: Record<string, unknown>): string {
  return [what, ...Object.entries(rest).map(([name, value]) => `${name}=${short(value)}`)].join(' ');
}

function outcomeWords(outcome: Outcome): readonly string[] {
  if (isRefusal(outcome)) return [`  refused ${outcome.status} ${outcome.code}: ${outcome.detail}`];
  if (outcome.length === 0) return ['  (nothing follows)'];
  return outcome.map(({ type, ...fields }) => {
    // What was registered is the scenario's own first line.
    const shown = type === 'ReleaseRegistered' ? {} : fields;
    return [`  ${type}`, ...Object.entries(shown).map(([name, value]) => `${name}=${short(value)}`)].join('\n    ');
  });
}

function short(value: unknown): string {
  return typeof value === 'string' && !/[\s=]/.test(value) ? value : JSON.stringify(value);
}
