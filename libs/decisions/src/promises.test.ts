import { expect, test } from '@jest/globals';
import type { Mode, VerdictKind } from '@parapet/guardrails';
import fc from 'fast-check';
import { breach, finished, POLICY, recovery, RELEASE, Scene } from '../test/scene.js';
import { decisions, isRefusal, type OnExpiry, type Outcome, type ReleaseEvent, type Reversibility } from './index.js';

/** One thing that may happen to a release. Short words, so that short runs reach every phase. */
type Happening =
  | { readonly do: 'deploying' | 'live' | 'failed' | 'superseded' | 'rolled-back' | 'follow' | 'hold' | 'let-go' }
  | {
      readonly do: 'verdict';
      readonly to: VerdictKind;
      readonly mode: Mode;
      readonly names: readonly string[];
      readonly final: boolean;
    }
  | { readonly do: 'answer'; readonly word: 'acknowledge' | 'approve' | 'reject' | 'withdraw'; readonly who: string }
  | { readonly do: 'recovery'; readonly outcome: 'recovering' | 'recovered' | 'not-recovered' }
  | { readonly do: 'actuation'; readonly outcome: 'done' | 'failed' | 'unknown' }
  | { readonly do: 'wait'; readonly seconds: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('failed', 'superseded', 'rolled-back', 'hold', 'let-go', 'live', 'deploying'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('follow' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('verdict' as const),
      to: fc.constantFrom('fail', 'fail', 'fail', 'pass', 'inconclusive'),
      mode: fc.constantFrom('observe', 'propose', 'act'),
      names: fc.subarray(['orders', 'pos', 'locks'], { minLength: 1 }),
      final: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      word: fc.constantFrom('acknowledge', 'approve', 'approve', 'approve', 'reject', 'withdraw'),
      who: fc.constantFrom('on-call', 'second-on-call', 'release-lead'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('recovery' as const),
      outcome: fc.constantFrom('recovering', 'recovered', 'not-recovered'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('actuation' as const),
      outcome: fc.constantFrom('done', 'failed', 'unknown'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(10, 300, 700) }) },
) as fc.Arbitrary<Happening>;

const release = fc.record({
  reversibility: fc.constantFrom<Reversibility>('yes', 'partly', 'no', 'unknown'),
  criticality: fc.constantFrom('high' as const, 'medium' as const),
  previous: fc.constantFrom(RELEASE.previous, RELEASE.previous, null),
  approvalsNeeded: fc.constantFrom(1, 2),
  onExpiry: fc.constantFrom<OnExpiry>('hold', 'roll-back', 'accept'),
});

interface Run {
  readonly scene: Scene;
  readonly outcomes: readonly {
    readonly happening: Happening;
    readonly outcome: Outcome;
    readonly again: Outcome | null;
  }[];
}

function begin(
  given: { readonly approvalsNeeded: number; readonly onExpiry: OnExpiry } & Partial<typeof RELEASE>,
): Scene {
  const { approvalsNeeded, onExpiry, ...over } = given;
  const scene = new Scene();
  scene.register({
    ...over,
    decisionPolicy: { ...POLICY, proposal: { ...POLICY.proposal, approvalsNeeded, onExpiry } },
  });
  scene.phase('deploying');
  scene.phase('live');
  return scene;
}

function run(scene: Scene, story: readonly Happening[]): Run {
  let seconds = 60;
  const outcomes = story.map((h) => {
    seconds += 1;
    if (h.do === 'wait') seconds += h.seconds;
    scene.to(seconds);
    const outcome = happen(scene, h);
    const isRepeatable = h.do === 'follow' || h.do === 'wait' || h.do === 'live' || h.do === 'deploying';
    return { happening: h, outcome, again: isRepeatable ? happen(scene, h) : null };
  });
  return { scene, outcomes };
}

function happen(scene: Scene, h: Happening): Outcome {
  switch (h.do) {
    case 'follow':
      return scene.follow();
    case 'wait':
      return scene.expire(lastProposal(scene));
    case 'hold':
    case 'let-go':
      scene.heldBy = h.do === 'hold' ? 'act_other' : null;
      return [];
    case 'verdict':
      scene.verdict(
        h.to,
        h.mode,
        h.names.map((name) => breach(name, h.mode)),
        h.final,
      );
      return [];
    case 'answer':
      return scene.answer(h.word, { who: h.who, proposal: lastProposal(scene) });
    case 'recovery':
      scene.hear(recovery(h.outcome));
      return [];
    case 'actuation':
      scene.hear(finished(scene.log.findLast((e) => e.type === 'RollbackOrdered')?.actuation ?? 'act_none', h.outcome));
      return [];
    default:
      return scene.phase(h.do);
  }
}

function lastProposal(scene: Scene): string {
  return scene.log.findLast((e) => e.type === 'ProposalOpened')?.proposal ?? 'prp_none';
}

function of<T extends ReleaseEvent['type']>(
  log: readonly ReleaseEvent[],
  type: T,
): readonly Extract<ReleaseEvent, { type: T }>[] {
  return log.filter((event): event is Extract<ReleaseEvent, { type: T }> => event.type === type);
}

/** Every promise is checked over many short stories; a counterexample becomes a row of the tables beside this file. */
function promise(sentence: string, holds: (run: Run) => void): void {
  test(sentence, () => {
    const property = fc.property(release, fc.array(happening, { maxLength: 30 }), (given, story) =>
      holds(run(begin(given), story)),
    );
    fc.assert(property, { numRuns: 600 });
  });
}

promise('no proposal has two ends', ({ scene }) => {
  const ended = of(scene.log, 'ProposalEnded').map((e) => e.proposal);
  expect(new Set(ended).size).toBe(ended.length);
});

promise('there is never more than one open proposal', ({ scene }) => {
  const open = scene.state.phase === 'unregistered' ? [] : scene.state.proposals.filter((p) => p.state === 'open');
  expect(open.length).toBeLessThanOrEqual(1);
});

promise('every decided rollback was approved, declared for the expiry, or decided by the policy', ({ scene }) => {
  for (const [i, event] of scene.log.entries()) {
    if (event.type !== 'RollbackOrdered') continue;
    const before = scene.log.slice(0, i);
    const decision = of(before, 'DecisionMade').at(-1);
    const end = of(before, 'ProposalEnded').find((e) => e.proposal === event.proposal);
    const opened = of(before, 'ProposalOpened').find((e) => e.proposal === event.proposal);
    const isApproved = end?.end === 'approved' && end.by.length >= (opened?.approvalsNeeded ?? Infinity);
    const isDeclared = end?.end === 'expired' && opened?.onExpiry === 'roll-back';
    const isPolicys = event.proposal === undefined && decision?.outcome === 'auto';
    expect(isApproved || isDeclared || isPolicys).toBe(true);
    if (event.proposal !== undefined) expect(event.planDigest).toBe(opened?.planDigest);
  }
});

promise(
  'an irreversible or unknown release, or one with nothing before it, never goes back without a person',
  ({ scene }) => {
    const registered = of(scene.log, 'ReleaseRegistered')[0];
    const isSafe =
      (registered?.reversibility === 'yes' || registered?.reversibility === 'partly') && registered.previous !== null;
    if (isSafe) return;
    expect(of(scene.log, 'DecisionMade').filter((d) => d.outcome === 'auto')).toEqual([]);
    expect(of(scene.log, 'RollbackOrdered').filter((o) => o.policy !== undefined)).toEqual([]);
  },
);

promise('who started the release is never among those who approved', ({ scene }) => {
  const approved = of(scene.log, 'ProposalEnded').filter((e) => e.end === 'approved');
  for (const end of approved) {
    expect(end.by).not.toContain('release-lead');
    expect(new Set(end.by).size).toBe(end.by.length);
  }
});

promise('no input acts twice', ({ outcomes }) => {
  for (const { outcome, again } of outcomes) {
    if (again === null || isRefusal(outcome)) continue;
    expect(isRefusal(again) ? [] : again).toEqual([]);
  }
});

promise('replaying the log gives the live state', ({ scene }) => {
  expect(scene.log.reduce(decisions.evolve, decisions.initialState)).toEqual(scene.state);
});

promise(
  'at most one rollback is under way, and none is ordered where another actuation holds the component',
  ({ scene, outcomes }) => {
    let underWay = false;
    for (const event of scene.log) {
      if (event.type === 'ActuationFinished') underWay = false;
      if (event.type !== 'RollbackOrdered') continue;
      expect(underWay).toBe(false);
      underWay = true;
    }
    let isHeld = false;
    for (const { happening: h, outcome } of outcomes) {
      if (h.do === 'hold' || h.do === 'let-go') isHeld = h.do === 'hold';
      if (isHeld && !isRefusal(outcome)) expect(outcome.filter((e) => e.type === 'RollbackOrdered')).toEqual([]);
    }
  },
);

test('the stories reach what the promises are about', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(release, fc.array(happening, { maxLength: 30 }), (given, story) => {
      for (const event of run(begin(given), story).scene.log) {
        seen.add(event.type === 'ProposalEnded' ? `${event.type} ${event.end}` : event.type);
        if (event.type === 'RollbackOrdered')
          seen.add(event.proposal === undefined ? 'order by policy' : 'order by people');
      }
    }),
    // One seed: whether the generators reach everything is their property, not a matter of luck.
    { numRuns: 2_000, seed: 20_261_123 },
  );
  const ends = ['approved', 'rejected', 'cancelled', 'expired'].map((end) => `ProposalEnded ${end}`);
  expect([...seen]).toEqual(expect.arrayContaining([...ends, 'order by policy', 'order by people', 'ProposalChanged']));
});
