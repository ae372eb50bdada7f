import { describe, expect, it } from '@jest/globals';
import type { ActuationEvent, RollbackOrdered } from './events.js';
import { actuationDecider, WATCH_BEYOND_MS } from './decide.js';
import type { ActuationInput, KeyAnswer, SendAnswer } from './inputs.js';
import type { RunningAnswer } from './running.js';
import type { ActuationStory } from './state.js';

const NOT_AFTER = Date.parse('2026-11-23T10:00:00Z');
const IN_TIME = NOT_AFTER - 60_000;

const components = (version: string) => [{ component: 'odoo-pos', version }];
const order = (more: Partial<RollbackOrdered> = {}): RollbackOrdered => ({
  type: 'RollbackOrdered',
  actuation: 'act_1',
  proposal: 'prp_1',
  plan: 'pln_1',
  planDigest: 'd1',
  release: 'rel_2',
  environment: 'production',
  workload: 'odoo-retail',
  to: 'rel_1',
  steps: [step('1')],
  notAfter: '2026-11-23T10:00:00.000Z',
  ...more,
});
const step = (name: string, isRepeatable = true) => ({
  step: name,
  target: name === '1' ? 'shop' : 'depot',
  from: { release: 'rel_2', components: components('2') },
  to: { release: 'rel_1', components: components('1') },
  isRepeatable,
});

const started = (attempt = 1): ActuationStory => ({
  type: 'ActuationStarted',
  actuation: 'act_1',
  plan: 'pln_1',
  attempt,
});
const changed = (state: string, attempt = 1, name = '1'): ActuationStory =>
  ({
    type: 'ActuationStepChanged',
    actuation: 'act_1',
    step: name,
    attempt,
    key: `act_1.${name}`,
    state,
  }) as ActuationStory;
const done: ActuationStory = {
  type: 'ActuationFinished',
  actuation: 'act_1',
  outcome: 'done',
  steps: [{ step: '1', state: 'applied' }],
  attempt: 1,
};
const unknown: ActuationStory = {
  type: 'ActuationFinished',
  actuation: 'act_1',
  outcome: 'unknown',
  steps: [{ step: '1', state: 'unknown' }],
  attempt: 1,
};
const recovery = (outcome: 'recovering' | 'recovered' | 'not-recovered', actuation = 'act_1'): ActuationStory => ({
  type: 'RecoveryJudged',
  outcome,
  actuation,
  guardrails: [{ name: 'pos-sync', verdict: outcome === 'recovered' ? 'pass' : 'breach' }],
});

const runs = (version: string, more: object = {}): RunningAnswer => ({
  kind: 'runs',
  components: [{ component: 'odoo-pos', version, ...more }],
});
const silence: RunningAnswer = { kind: 'no-answer', detail: 'no answer within 15 s' };

const takenUp: ActuationInput = { type: 'TakenUp' };
const looked = (answer: RunningAnswer, nowMs = IN_TIME): ActuationInput => ({
  type: 'LookedAt',
  step: '1',
  answer,
  nowMs,
});
const sendDue = (nowMs = IN_TIME, isFrozen = false): ActuationInput => ({
  type: 'SendDue',
  step: '1',
  nowMs,
  isFrozen,
});
const answered = (kind: SendAnswer['kind'], attempt = 1): ActuationInput => ({
  type: 'Answered',
  step: '1',
  attempt,
  answer: { kind, detail: kind },
});
const asked = (kind: KeyAnswer['kind'], nowMs = IN_TIME): ActuationInput => ({
  type: 'Asked',
  step: '1',
  answer: { kind, detail: kind } as KeyAnswer,
  nowMs,
});
const readBack = (key: KeyAnswer['kind'], answer: RunningAnswer, nowMs = IN_TIME): ActuationInput => ({
  type: 'ReadBack',
  step: '1',
  key: { kind: key, detail: key } as KeyAnswer,
  answer,
  nowMs,
});
const timePassed = (nowMs: number): ActuationInput => ({ type: 'TimePassed', nowMs });
const verification = (answer: RunningAnswer, nowMs = IN_TIME): ActuationInput => ({
  type: 'VerificationLooked',
  targets: [{ target: 'shop', answer }],
  nowMs,
  untilMs: NOT_AFTER,
});

/** An event in the few words that a row of the table needs. */
function words(event: ActuationEvent): string {
  switch (event.type) {
    case 'ActuationStarted':
      return `started ${event.attempt}`;
    case 'ActuationStepChanged':
      return `${event.step} ${event.state} ${event.attempt}`;
    case 'ActuationFinished':
      return `finished ${event.outcome} ${event.steps.map((s) => `${s.step}=${s.state}`).join(' ')}`.trim();
    case 'RollbackVerified':
      return `${event.outcome}${event.reason === undefined ? '' : `: ${event.reason}`}`;
  }
}

interface Row {
  readonly rule: string;
  readonly given: readonly ActuationStory[];
  readonly when: ActuationInput;
  readonly then: readonly string[];
}

const begun = [order(), started()];
const prepared = [...begun, changed('prepared')];
const sent = [...prepared, changed('sent')];
const confirmed = [...sent, changed('confirmed')];
const finishedDone = [...confirmed, changed('applied'), done];

const ROWS: readonly Row[] = [
  { rule: 'nothing follows without an order', given: [], when: takenUp, then: [] },
  {
    rule: 'an order of another actuation is nobody’s business here',
    given: [order({ actuation: 'act_2' })],
    when: takenUp,
    then: [],
  },
  { rule: 'an order is taken up', given: [order()], when: takenUp, then: ['started 1'] },
  { rule: 'a successor says that it took over', given: sent, when: takenUp, then: ['started 2'] },
  { rule: 'an end is not taken up again', given: finishedDone, when: takenUp, then: [] },

  {
    rule: 'what is already so is applied without a request',
    given: begun,
    when: looked(runs('1')),
    then: ['1 applied 1', 'finished done 1=applied'],
  },
  { rule: 'what runs as the order says is prepared', given: begun, when: looked(runs('2')), then: ['1 prepared 1'] },
  {
    rule: 'a canary still runs for a part of the traffic, and is prepared',
    given: begun,
    when: looked({
      kind: 'runs',
      components: [
        { component: 'odoo-pos', version: '1', share: 0.9 },
        { component: 'odoo-pos', version: '2', share: 0.1 },
      ],
    }),
    then: ['1 prepared 1'],
  },
  {
    rule: 'something else that runs stops it before anything is sent',
    given: begun,
    when: looked(runs('3')),
    then: ['1 refused 1', 'finished failed 1=refused'],
  },
  {
    rule: 'an empty target stops it',
    given: begun,
    when: looked({ kind: 'runs', components: [] }),
    then: ['1 refused 1', 'finished failed 1=refused'],
  },
  { rule: 'a silent target is waited for', given: begun, when: looked(silence), then: [] },
  {
    rule: 'a target silent until the deadline was told nothing',
    given: begun,
    when: looked(silence, NOT_AFTER),
    then: ['finished failed'],
  },
  {
    rule: 'at the deadline nothing is prepared',
    given: begun,
    when: looked(runs('2'), NOT_AFTER),
    then: ['finished failed'],
  },
  {
    rule: 'what is already so counts even after the deadline',
    given: begun,
    when: looked(runs('1'), NOT_AFTER + 1),
    then: ['1 applied 1', 'finished done 1=applied'],
  },

  { rule: '`sent` is written before sending', given: prepared, when: sendDue(), then: ['1 sent 1'] },
  {
    rule: 'at the deadline nothing is sent',
    given: prepared,
    when: sendDue(NOT_AFTER),
    then: ['finished failed 1=prepared'],
  },
  {
    rule: 'with a clock that is no number nothing is sent',
    given: prepared,
    when: sendDue(Number.NaN),
    then: ['finished failed 1=prepared'],
  },
  { rule: 'while frozen nothing is sent', given: prepared, when: sendDue(IN_TIME, true), then: [] },
  { rule: 'what was sent is not sent again', given: sent, when: sendDue(), then: [] },

  { rule: 'a target that took it has confirmed it', given: sent, when: answered('taken'), then: ['1 confirmed 1'] },
  {
    rule: 'a target that says no ends it',
    given: sent,
    when: answered('refused'),
    then: ['1 refused 1', 'finished failed 1=refused'],
  },
  { rule: 'an unclear answer changes nothing', given: sent, when: answered('unclear'), then: [] },
  {
    rule: 'an answer to an earlier attempt is late',
    given: [...sent, changed('prepared', 2), changed('sent', 2)],
    when: answered('refused', 1),
    then: [],
  },

  { rule: 'a key that the target knows is not sent again', given: sent, when: asked('done'), then: ['1 confirmed 1'] },
  { rule: 'a running deployment is watched', given: sent, when: asked('running'), then: ['1 confirmed 1'] },
  {
    rule: 'a key that failed at the target is a no',
    given: sent,
    when: asked('failed'),
    then: ['1 refused 1', 'finished failed 1=refused'],
  },
  {
    rule: 'a key that the target does not know may be sent again, as another attempt',
    given: sent,
    when: asked('unknown-key'),
    then: ['1 prepared 2'],
  },
  {
    rule: 'a step that must not be repeated is not sent again',
    given: [order({ steps: [step('1', false)] }), started(), changed('prepared'), changed('sent')],
    when: asked('unknown-key'),
    then: ['1 unknown 1', 'finished unknown 1=unknown'],
  },
  {
    rule: 'after the deadline an unknown key is not sent again',
    given: sent,
    when: asked('unknown-key', NOT_AFTER),
    then: ['1 prepared 2', 'finished failed 1=prepared'],
  },
  { rule: 'no answer is asked for again', given: sent, when: asked('no-answer'), then: [] },
  {
    rule: 'no answer is asked for a while beyond the deadline',
    given: sent,
    when: asked('no-answer', NOT_AFTER + WATCH_BEYOND_MS - 1),
    then: [],
  },
  {
    rule: 'then nobody knows',
    given: sent,
    when: asked('no-answer', NOT_AFTER + WATCH_BEYOND_MS),
    then: ['1 unknown 1', 'finished unknown 1=unknown'],
  },

  {
    rule: 'an answer alone is no proof: the target has to show it',
    given: confirmed,
    when: readBack('done', runs('2')),
    then: [],
  },
  {
    rule: 'half of the traffic is no proof',
    given: confirmed,
    when: readBack('done', runs('1', { share: 0.5 })),
    then: [],
  },
  {
    rule: 'a target that shows it is done',
    given: confirmed,
    when: readBack('done', runs('1')),
    then: ['1 applied 1', 'finished done 1=applied'],
  },
  {
    rule: 'a target that shows it is done, even if it forgot the key',
    given: confirmed,
    when: readBack('unknown-key', runs('1')),
    then: ['1 applied 1', 'finished done 1=applied'],
  },
  {
    rule: 'a deployment that fails after it was taken is a no',
    given: confirmed,
    when: readBack('failed', runs('2')),
    then: ['1 refused 1', 'finished failed 1=refused'],
  },
  {
    rule: 'one that is never seen is unknown',
    given: confirmed,
    when: readBack('running', silence, NOT_AFTER + WATCH_BEYOND_MS),
    then: ['1 unknown 1', 'finished unknown 1=unknown'],
  },
  {
    rule: 'the next step comes after the first is applied',
    given: [
      order({ steps: [step('1'), step('2')] }),
      started(),
      changed('prepared'),
      changed('sent'),
      changed('confirmed'),
    ],
    when: readBack('done', runs('1')),
    then: ['1 applied 1'],
  },
  {
    rule: 'a crash before the end was written ends as it would have',
    given: [...confirmed, changed('applied')],
    when: timePassed(IN_TIME),
    then: ['finished done 1=applied'],
  },
  {
    rule: 'steps of which nothing was written are not in the end',
    given: [order({ steps: [step('1'), step('2')] }), started(), changed('prepared')],
    when: timePassed(NOT_AFTER),
    then: ['finished failed 1=prepared'],
  },

  {
    rule: 'nobody knew, and a late look shows it',
    given: [...sent, changed('unknown'), unknown],
    when: readBack('done', runs('1'), NOT_AFTER + 3_600_000),
    then: ['1 applied 1'],
  },
  {
    rule: 'nobody knew, and still nobody does',
    given: [...sent, changed('unknown'), unknown],
    when: readBack('no-answer', silence, NOT_AFTER + 3_600_000),
    then: [],
  },

  {
    rule: 'right version and recovered: verified',
    given: [...finishedDone, recovery('recovered')],
    when: verification(runs('1')),
    then: ['verified'],
  },
  { rule: 'right version alone proves nothing yet', given: finishedDone, when: verification(runs('1')), then: [] },
  {
    rule: 'recovering is not recovered',
    given: [...finishedDone, recovery('recovering')],
    when: verification(runs('1')),
    then: [],
  },
  {
    rule: 'a recovery of another actuation does not count',
    given: [...finishedDone, recovery('recovered', 'act_2')],
    when: verification(runs('1')),
    then: [],
  },
  {
    rule: 'a recovery judged before the end does not count',
    given: [...confirmed, recovery('recovered'), changed('applied'), done],
    when: verification(runs('1')),
    then: [],
  },
  {
    rule: 'guardrails that do not recover: not verified',
    given: [...finishedDone, recovery('not-recovered')],
    when: verification(runs('1')),
    then: ['not-verified: the guardrails have not recovered'],
  },
  {
    rule: 'no word of recovery in time: not verified',
    given: finishedDone,
    when: verification(runs('1'), NOT_AFTER),
    then: ['not-verified: recovery was not shown in time'],
  },
  {
    rule: 'changed back: not verified, with who did it',
    given: [...finishedDone, recovery('recovered')],
    when: verification(runs('2', { by: 'cd' })),
    then: ['not-verified: odoo-pos 2 runs on shop, not 1, put there by cd'],
  },
  {
    rule: 'a silent target is asked again',
    given: [...finishedDone, recovery('recovered')],
    when: verification(silence),
    then: [],
  },
  {
    rule: 'a target silent to the end proves nothing',
    given: [...finishedDone, recovery('recovered')],
    when: verification(silence, NOT_AFTER),
    then: ['not-verified: shop could not be asked what runs'],
  },
  {
    rule: 'verified once',
    given: [
      ...finishedDone,
      recovery('recovered'),
      { type: 'RollbackVerified', actuation: 'act_1', outcome: 'verified', running: [], guardrails: [] },
    ],
    when: verification(runs('2')),
    then: [],
  },
];

describe('an actuation', () => {
  it.each(ROWS.map((row) => [row.rule, row] as const))('%s', (_, { given, when, then }) => {
    const decider = actuationDecider('act_1');
    const state = given.reduce((s, event) => decider.evolve(s, event), decider.initialState);
    expect(decider.decide(state, when).map(words)).toEqual(then);
  });
});
