import { describe, expect, test } from '@jest/globals';
import { breach, finished, liveScene, POLICY, recovery, type Scene, words } from '../test/scene.js';

const pos = breach('pos-sync-errors', 'act');
const orders = breach('order-success', 'propose', 5);
const shadow = breach('checkout-latency', 'observe');

describe('a verdict leads to one decision', () => {
  type Row = readonly [sentence: string, scene: () => Scene, then: readonly string[]];
  const rows: readonly Row[] = [
    [
      'a failed release of high criticality goes back by itself',
      () => liveScene().verdict('fail', 'act', [pos]),
      ['DecisionMade auto', 'RollbackOrdered'],
    ],
    [
      'evidence that may only propose asks people',
      () => liveScene().verdict('fail', 'propose', [orders]),
      ['DecisionMade propose', 'ProposalOpened'],
    ],
    [
      'shadow guardrails lead to observing',
      () => liveScene().verdict('fail', 'observe', [shadow]),
      ['DecisionMade observe'],
    ],
    [
      'medium criticality asks people',
      () => liveScene({ criticality: 'medium' }).verdict('fail', 'act', [pos]),
      ['DecisionMade propose', 'ProposalOpened'],
    ],
    [
      'an irreversible release is only proposed',
      () => liveScene({ reversibility: 'no' }).verdict('fail', 'act', [pos]),
      ['DecisionMade propose', 'ProposalOpened'],
    ],
    [
      'without a release to go back to people are asked',
      () => liveScene({ previous: null }).verdict('fail', 'act', [pos]),
      ['DecisionMade propose', 'ProposalOpened'],
    ],
    ['an inconclusive release is not decided on', () => liveScene().verdict('inconclusive', 'observe', []), []],
    ['a pending release is not decided on', () => liveScene().verdict('pending', 'observe', []), []],
    [
      'a final pass finishes the watch',
      () => liveScene().verdict('pass', 'observe', [], true),
      ['ReleasePhaseChanged finished'],
    ],
    ['a pass that is not final waits', () => liveScene().verdict('pass', 'observe', []), []],
    [
      'a watch that ends inconclusive is over too',
      () => liveScene().verdict('inconclusive', 'observe', [], true),
      ['ReleasePhaseChanged finished'],
    ],
  ];
  test.each(rows)('%s', (_sentence, scene, then) => {
    const s = scene();
    expect(words(s.follow())).toEqual(then);
    expect(words(s.follow())).toEqual([]);
  });

  test('a component held by another actuation asks people', () => {
    const scene = liveScene().verdict('fail', 'act', [pos]);
    scene.heldBy = 'act_other';
    expect(words(scene.follow())).toEqual(['DecisionMade propose', 'ProposalOpened']);
    expect(scene.log.at(-2)).toMatchObject({ rule: expect.stringContaining('act_other') });
  });
});

test.each([
  [
    'nothing to go back to',
    { previous: null },
    { web: 'shop-web', pos: 'shop-pos' },
    'there is no release to go back to',
  ],
  [
    'no target declared any more',
    {},
    { web: undefined, pos: undefined },
    'no component has both an earlier version and a target',
  ],
] as readonly [string, Parameters<typeof liveScene>[0], Record<string, string>, string][])(
  '%s: people are asked, and told why',
  (_sentence, over, targets, why) => {
    const scene = liveScene(over).verdict('fail', 'act', [pos]);
    scene.targets = targets;
    scene.follow();
    expect(scene.log.find((event) => event.type === 'DecisionMade')).toMatchObject({
      outcome: 'propose',
      rule: expect.stringContaining(why),
    });
  },
);

describe('an order is complete', () => {
  test('one step per target, from what runs to what ran', () => {
    const scene = liveScene().verdict('fail', 'act', [pos]);
    scene.follow();
    expect(scene.log.at(-1)).toEqual({
      type: 'RollbackOrdered',
      actuation: 'act_1',
      policy: 'shop',
      plan: 'pln_1',
      planDigest: expect.any(String),
      release: 'rel_2',
      environment: 'production',
      workload: 'shop',
      to: 'rel_1',
      steps: [
        {
          step: '1',
          target: 'shop-web',
          from: { release: 'rel_2', components: [{ component: 'web', version: '2' }] },
          to: { release: 'rel_1', components: [{ component: 'web', version: '1' }] },
          isRepeatable: true,
        },
        {
          step: '2',
          target: 'shop-pos',
          from: { release: 'rel_2', components: [{ component: 'pos', version: '2' }] },
          to: { release: 'rel_1', components: [{ component: 'pos', version: '1' }] },
          isRepeatable: true,
        },
      ],
      notAfter: '2026-11-23T09:17:00.000Z',
    });
  });

  test('components of one target go back in one step, and a new component stays', () => {
    const components = [
      { component: 'web', version: '2' },
      { component: 'pos', version: '2' },
      { component: 'kiosk', version: '1' },
    ];
    const scene = liveScene({
      components,
      reversibility: 'no',
      steps: [{ kind: 'database-migration', what: 'adds a column', reversible: 'no', pointOfNoReturn: 'first-write' }],
    });
    scene.targets = { web: 'shop', pos: 'shop', kiosk: 'shop' };
    scene.verdict('fail', 'act', [pos]).follow();
    const opened = scene.log.at(-1);
    expect(opened).toMatchObject({
      plan: {
        steps: [{ what: 'return web to 1, pos to 1', target: 'shop', reversible: 'no' }],
        notUndone: [
          'database-migration: adds a column (stays, from first-write on)',
          'kiosk 1: no earlier version is known, it stays',
        ],
      },
    });
  });
});

describe('a proposal tells a person what they need', () => {
  test('headline with numbers, plan, what happens if nobody answers', () => {
    const scene = liveScene({ criticality: 'medium' }).to(360).verdict('fail', 'act', [orders, pos, shadow]);
    scene.follow();
    expect(scene.log.at(-1)).toMatchObject({
      headline: 'pos-sync-errors: 8 % (limit 5 %), and 1 more guardrail in breach; 5 min after shop-2 went live',
      expiresAt: '2026-11-23T09:16:00.000Z',
      onExpiry: 'hold',
      approvalsNeeded: 1,
      page: 'https://parapet.example/proposals/prp_1',
      ifNothing: 'If nobody decides by 09:16 UTC, shop-2 stays as it is and its verdict stays fail.',
      alternatives: [],
    });
  });

  test('an irreversible one names the alternatives', () => {
    const scene = liveScene({ reversibility: 'no' }).verdict('fail', 'act', [pos]);
    scene.follow();
    expect(scene.log.at(-1)).toMatchObject({
      alternatives: [
        expect.stringContaining('Switch the feature off'),
        expect.stringContaining('Shift traffic'),
        expect.stringContaining('Roll forward'),
        expect.stringContaining('point in time'),
      ],
    });
  });

  test.each([
    ['yes', 'roll-back'],
    ['partly', 'hold'],
    ['no', 'hold'],
    ['unknown', 'hold'],
  ] as const)(
    'of a release that is %s reversible expires with %s where the policy says roll-back',
    (reversibility, onExpiry) => {
      const decisionPolicy = { ...POLICY, proposal: { ...POLICY.proposal, onExpiry: 'roll-back' as const } };
      const scene = liveScene({ criticality: 'medium', reversibility, decisionPolicy }).verdict('fail', 'act', [pos]);
      scene.follow();
      expect(scene.log.at(-1)).toMatchObject({ type: 'ProposalOpened', onExpiry });
    },
  );
});

describe('while a proposal is open', () => {
  const asked = (): Scene => {
    const scene = liveScene().verdict('fail', 'propose', [orders]);
    scene.follow();
    return scene;
  };

  test('stronger evidence hands the decision to the policy, and the proposal ends cancelled', () => {
    const scene = asked().verdict('fail', 'act', [orders, pos]);
    expect(words(scene.follow())).toEqual(['DecisionMade auto', 'ProposalEnded cancelled', 'RollbackOrdered']);
    expect(scene.log.at(-2)).toMatchObject({
      reason: 'the policy now decides alone (shop: high and proven goes back by itself)',
    });
  });

  test('another guardrail in breach makes a new revision, and approvals lapse', () => {
    const decisionPolicy = { ...POLICY, proposal: { ...POLICY.proposal, approvalsNeeded: 2 } };
    const scene = liveScene({ criticality: 'medium', decisionPolicy }).verdict('fail', 'propose', [orders]);
    scene.follow();
    scene.answer('approve');
    scene.verdict('fail', 'propose', [orders, breach('lock-waits', 'propose')]);
    expect(words(scene.follow())).toEqual(['ProposalChanged 2']);
    expect(scene.state).toMatchObject({ proposals: [{ revision: 2, approvals: [] }] });
  });

  test('a shadow guardrail that joins in changes nothing', () => {
    const scene = asked().verdict('fail', 'propose', [orders, shadow]);
    expect(words(scene.follow())).toEqual([]);
  });

  test('moving numbers change nothing', () => {
    const scene = asked().verdict('fail', 'propose', [{ ...orders, observed: 0.2 }]);
    expect(words(scene.follow())).toEqual([]);
  });

  test('recovery marks it first and ends it when it held', () => {
    const scene = asked().hear(recovery('recovering'));
    expect(words(scene.follow())).toEqual(['ProposalChanged 1 recovering']);
    scene.hear(recovery('not-recovered'));
    expect(words(scene.follow())).toEqual(['ProposalChanged 1']);
    scene.hear(recovery('recovered'));
    expect(words(scene.follow())).toEqual(['ProposalEnded cancelled']);
    expect(words(scene.follow())).toEqual([]);
  });

  test.each(['superseded', 'rolled-back', 'finished'] as const)('%s ends it as cancelled', (phase) => {
    expect(words(asked().phase(phase))).toEqual([`ReleasePhaseChanged ${phase}`, 'ProposalEnded cancelled']);
  });

  test('the end of the watch waits for people', () => {
    const scene = asked().verdict('fail', 'propose', [orders], true);
    expect(words(scene.follow())).toEqual([]);
    expect(words(scene.answer('reject'))).toEqual([
      'ProposalAnswered reject',
      'ProposalEnded rejected',
      'ReleasePhaseChanged finished',
    ]);
  });
});

describe('after a proposal has ended', () => {
  const rejected = (): Scene => {
    const scene = liveScene().verdict('fail', 'propose', [orders]);
    scene.follow();
    scene.answer('reject');
    return scene;
  };

  test('the same evidence asks nobody again', () => {
    expect(
      words(
        rejected()
          .verdict('fail', 'propose', [{ ...orders, observed: 0.5 }])
          .follow(),
      ),
    ).toEqual([]);
  });

  test('new evidence opens another one that names it', () => {
    const scene = rejected().verdict('fail', 'propose', [orders, breach('lock-waits', 'propose')]);
    expect(words(scene.follow())).toEqual(['DecisionMade propose', 'ProposalOpened']);
    expect(scene.log.at(-1)).toMatchObject({ follows: 'prp_1', proposal: 'prp_2' });
  });

  test("a person's rejection holds against the policy acting alone", () => {
    const scene = rejected().verdict('fail', 'act', [orders, pos]);
    expect(words(scene.follow())).toEqual(['DecisionMade propose', 'ProposalOpened']);
    expect(scene.log.at(-2)).toMatchObject({ rule: expect.stringContaining('rejected going back before') });
  });
});

describe('after an order', () => {
  const ordered = (): Scene => {
    const scene = liveScene().verdict('fail', 'act', [pos]);
    scene.follow();
    return scene;
  };

  test('nothing more is decided while it is carried out', () => {
    const scene = ordered().hear({ type: 'ActuationStarted', actuation: 'act_1', plan: 'pln_1', attempt: 1 });
    expect(words(scene.verdict('fail', 'act', [pos, orders]).follow())).toEqual([]);
  });

  test('done means rolled back, once', () => {
    const scene = ordered().hear(finished('act_1', 'done'));
    expect(words(scene.follow())).toEqual(['ReleasePhaseChanged rolled-back']);
    expect(words(scene.follow())).toEqual([]);
  });

  test('an end heard late, with its verification, still means rolled back', () => {
    const scene = ordered().hear(finished('act_1', 'done'));
    scene.hear({ type: 'RollbackVerified', actuation: 'act_1', outcome: 'verified', running: [], guardrails: [] });
    expect(words(scene.follow())).toEqual(['ReleasePhaseChanged rolled-back']);
  });

  test.each(['failed', 'unknown'] as const)(
    '%s is brought before people, once and never retried by itself',
    (outcome) => {
      const scene = ordered().hear(finished('act_1', outcome));
      expect(words(scene.follow())).toEqual(['DecisionMade propose', 'ProposalOpened']);
      expect(words(scene.follow())).toEqual([]);
      expect(words(scene.verdict('fail', 'act', [pos]).follow())).toEqual([]);
    },
  );

  test('words about another actuation change nothing', () => {
    expect(words(ordered().hear(finished('act_9', 'done')).follow())).toEqual([]);
  });

  test('a release that was superseded is not decided on', () => {
    const scene = liveScene().verdict('fail', 'act', [pos]);
    scene.phase('superseded');
    expect(words(scene.follow())).toEqual([]);
  });
});
