import { expect, test } from '@jest/globals';
import { Scene, words } from '../test/scene.js';
import type { ReleasePhase } from './events.js';

type Row = readonly [sentence: string, way: readonly ReleasePhase[], phase: ReleasePhase, then: readonly string[]];
const rows: readonly Row[] = [
  ['a registered release begins to deploy', [], 'deploying', ['ReleasePhaseChanged deploying']],
  ['a registered release cannot be live at once', [], 'live', ['refused 409 phase']],
  ['nothing goes back to registered', ['deploying'], 'registered', ['refused 409 phase']],
  ['the gate may refuse what is registered', [], 'refused', ['ReleasePhaseChanged refused']],
  ['the gate may not refuse what deploys', ['deploying'], 'refused', ['refused 409 phase']],
  ['a refused release may deploy, and is marked', ['refused'], 'deploying', ['ReleasePhaseChanged deploying']],
  ['the same phase again changes nothing', ['deploying'], 'deploying', []],
  ['live follows deploying', ['deploying'], 'live', ['ReleasePhaseChanged live']],
  ['a live release may deploy to more', ['deploying', 'live'], 'deploying', ['ReleasePhaseChanged deploying']],
  ['a deployment may fail', ['deploying'], 'failed', ['ReleasePhaseChanged failed']],
  ['what is live did not fail to deploy', ['deploying', 'live'], 'failed', ['refused 409 phase']],
  ['what is live is superseded', ['deploying', 'live'], 'superseded', ['ReleasePhaseChanged superseded']],
  ['what only deploys is not superseded', ['deploying'], 'superseded', ['refused 409 phase']],
  [
    'a failed deployment may be rolled back from outside',
    ['deploying', 'failed'],
    'rolled-back',
    ['ReleasePhaseChanged rolled-back'],
  ],
  ['a registered release has nothing to roll back', [], 'rolled-back', ['refused 409 phase']],
  ['observation ends from live', ['deploying', 'live'], 'finished', ['ReleasePhaseChanged finished']],
  ['a finished release does not deploy again', ['deploying', 'live', 'finished'], 'deploying', ['refused 409 phase']],
  ['a rolled-back release does not go live', ['deploying', 'rolled-back'], 'live', ['refused 409 phase']],
];

test.each(rows)('%s', (_sentence, way, phase, then) => {
  const scene = new Scene();
  scene.register();
  for (const step of way) scene.phase(step);
  expect(words(scene.phase(phase))).toEqual(then);
});

test('a new scope of the same phase is news, the same scope is not', () => {
  const scene = new Scene();
  scene.register();
  const change = { type: 'ChangePhase', phase: 'deploying', at: '2026-11-23T09:00:00.000Z', by: 'pipeline' } as const;
  expect(words(scene.decide({ ...change, scope: { stores: ['lyon-2'] } }))).toEqual(['ReleasePhaseChanged deploying']);
  expect(words(scene.decide({ ...change, scope: { stores: ['lyon-2'] } }))).toEqual([]);
  expect(words(scene.decide({ ...change, scope: { stores: ['lyon-2', 'lyon-3'] } }))).toEqual([
    'ReleasePhaseChanged deploying',
  ]);
});

test.each([
  ['said before it went live, it is a late copy and changes nothing', '2026-11-23T08:59:59.000Z', []],
  ['said after it, it is another wave', '2026-11-23T09:05:00.000Z', ['ReleasePhaseChanged deploying']],
])('of a live release that is told `deploying`: %s', (_sentence, at, then) => {
  const scene = new Scene();
  scene.register();
  scene.phase('deploying');
  scene.to(60).phase('live');
  const said = scene.decide({ type: 'ChangePhase', phase: 'deploying', at, by: 'pipeline' });
  expect(words(said)).toEqual(then);
});

test('a deployment that was refused says so', () => {
  const scene = new Scene();
  scene.register();
  scene.decide({
    type: 'JudgeReadiness',
    nowMs: 0,
    isReady: false,
    reason: 'no guardrails are declared',
    by: 'readiness',
  });
  scene.phase('deploying');
  expect(scene.log.at(-1)).toMatchObject({
    from: 'refused',
    reason: 'deployed although refused: no guardrails are declared',
  });
  expect(scene.state).toMatchObject({ phase: 'deploying', wasRefused: true });
});

test('a ready release stays registered', () => {
  const scene = new Scene();
  scene.register();
  expect(scene.decide({ type: 'JudgeReadiness', nowMs: 0, isReady: true, reason: '', by: 'readiness' })).toEqual([]);
});

test('a release is registered once', () => {
  const scene = new Scene();
  scene.register();
  expect(words(scene.register())).toEqual(['refused 409 name-taken']);
});

test('a release that nobody registered has no phases', () => {
  expect(words(new Scene().phase('deploying'))).toEqual(['refused 404 unknown-release']);
});
