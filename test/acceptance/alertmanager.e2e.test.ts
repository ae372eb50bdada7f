import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { beginRelease } from '../../tools/demo/release.mjs';
import { CODE, expectVerified, follow, isVerification, type OwnWorld, ownWorld, typeOf } from './story.js';

describe('a real Prometheus and a real Alertmanager in front', () => {
  let own: OwnWorld;

  beforeAll(async () => {
    // Orders that the bad version delayed go on arriving for a minute and a half, and the alert with them.
    own = await ownWorld({ recoverWithinSeconds: 180 });
  }, 180_000);

  afterAll(async () => {
    await own?.stop();
  }, 60_000);

  it('an alert that fires because of a release ends in a verified rollback', async () => {
    const { world, pipeline, person } = own;
    expect(world.alerting).not.toBeNull();
    const good = await beginRelease({
      world,
      pipeline,
      version: '2.4.1',
      criticality: 'high',
      steps: CODE,
      policy: 'alerts-only',
    });
    const bad = await beginRelease({
      world,
      pipeline,
      version: '2.5.0',
      criticality: 'high',
      steps: CODE,
      policy: 'alerts-only',
      previous: good.id,
    });
    const story = await follow(person, bad.id, isVerification, { withinMs: 260_000 });

    const failed = story.find((event) => typeOf(event) === 'verdict.changed' && event.data.to === 'fail');
    expect(failed?.data.guardrails).toEqual([expect.objectContaining({ name: 'critical-alerts', verdict: 'breach' })]);
    expect(story.filter((event) => typeOf(event) === 'decision.made').map((event) => event.data.outcome)).toEqual([
      'auto',
    ]);
    expectVerified(story);
    expect(story.at(-1)?.data.running).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ component: 'odoo-web', version: '2.4.1' }),
        expect.objectContaining({ component: 'odoo-pos', version: '2.4.1' }),
      ]),
    );
    expect(story.map((event) => Number(event.sequence))).toEqual(story.map((_, index) => index + 1));
  }, 290_000);
});
