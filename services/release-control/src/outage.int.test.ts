import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { releaseBody, RIVAL_TOKENS, World } from '../test/world.js';

/** What those who ask are told while our own parts are away. */

let world: World;
/** The second instance gives an evaluator one second. */
const IMPATIENT = 1;
beforeAll(async () => {
  world = await World.start();
  await world.startInstance({ PARAPET_STALE_AFTER_SECONDS: '1' });
}, 60_000);
afterAll(() => world?.stop());

const verdictOf = async (id: string, instance = 0) =>
  (await world.call('GET', `/v1/releases/${id}/verdict`, { as: 'onlooker' }, instance)).body;
const stale = { verdict: 'inconclusive', final: false, reason: 'stale', action: 'hold' };

describe('without an evaluator', () => {
  test('a release that deploys is pending at first, and inconclusive when no watch comes', async () => {
    const id = await world.live('absent-1');
    expect(await verdictOf(id)).toMatchObject({ verdict: 'pending', action: 'continue' });
    await world.until('the answer is stale', async () => (await verdictOf(id, IMPATIENT)).verdict === 'inconclusive');
    const view = await verdictOf(id, IMPATIENT);
    expect(view).toMatchObject(stale);
    const { body } = await world.get(`/v1/releases/${id}/events`);
    expect(Date.parse(view.asOf)).toBeLessThan(Date.now() - 1_000);
    expect(Date.parse(view.asOf)).toBeGreaterThanOrEqual(Date.parse(body.items[2].time) - 1_000);
  });

  test('an asker that waits is told when it turns', async () => {
    const id = await world.live('absent-2');
    await world.judged(id);
    await world.watchedUntil(id, -1_000);
    const { body } = await world.call('GET', `/v1/releases/${id}/verdict?wait=20`, { as: 'onlooker' }, IMPATIENT);
    expect(body).toMatchObject(stale);
  });

  test('the answer is as old as the last judgement, and recent again when the evaluator is back', async () => {
    const id = await world.live('absent-3');
    await world.judged(id);
    expect(await verdictOf(id)).toMatchObject({ verdict: 'pending', action: 'continue' });
    const clockMs = await world.watchedUntil(id, 60_000);
    expect(await verdictOf(id)).toMatchObject({ ...stale, asOf: new Date(clockMs).toISOString() });
    await world.watchedUntil(id, 0);
    expect(await verdictOf(id)).toMatchObject({ verdict: 'pending', action: 'continue' });
  });

  test('lists and pages say it too', async () => {
    const id = await world.live('absent-4');
    await world.judged(id);
    const judgedUpTo = new Date(await world.watchedUntil(id, 60_000)).toISOString();
    const { body } = await world.get(`/v1/releases/${id}`);
    expect(body).toMatchObject({ phase: 'live', verdict: 'inconclusive', reason: 'stale', final: false, judgedUpTo });
    const listed = (await world.get('/v1/releases')).body.items.find((one: { id: string }) => one.id === id);
    expect(listed).toMatchObject({ verdict: 'inconclusive', reason: 'stale', judgedUpTo });
  });

  test('what was said and stays is said: a fail, and a final pass', async () => {
    const failed = await world.live('absent-5');
    await world.judged(failed);
    await world.verdict(failed, 'fail');
    await world.watchedUntil(failed, 60_000);
    await world.until('it failed', async () => (await verdictOf(failed)).verdict === 'fail');
    const passed = await world.passed('absent-6');
    expect(await verdictOf(passed, IMPATIENT)).toMatchObject({ verdict: 'pass', final: true, action: 'continue' });
  });
});

describe('without PostgreSQL', () => {
  let asked = '';
  let registered = '';
  let registeredAtMs = 0;
  beforeAll(async () => {
    asked = await world.live('away-1');
    await world.judged(asked);
    await world.verdict(asked, 'pass');
    await world.until('it passes so far', async () => (await verdictOf(asked)).verdict === 'pass');
    registeredAtMs = Date.now();
    registered = (await world.post('/v1/releases', releaseBody('away-2'))).body.id;
    await world.loseDatabase();
  }, 30_000);

  test('a gate is told what was last known as inconclusive, with its age', async () => {
    const first = await world.get(`/v1/releases/${asked}/verdict`);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ ...stale, release: asked, coverage: { judged: 1, required: 1 } });
    expect((await verdictOf(asked)).asOf).toBe(first.body.asOf);
    expect(Date.parse(first.body.asOf)).toBeLessThanOrEqual(Date.now());
  });

  test('also by its name, and where it was only registered here and never asked for', async () => {
    const { status, body } = await world.get('/v1/releases/by-name/verdict?name=away-2&environment=production');
    expect({ status, body }).toMatchObject({ status: 200, body: { ...stale, release: registered } });
    expect(Date.parse(body.asOf)).toBeGreaterThanOrEqual(registeredAtMs - 1_000);
  });

  test('an instance that has never seen the release answers 503', async () => {
    const path = `/v1/releases/${registered}/verdict`;
    const { status, body } = await world.call('GET', path, { as: 'onlooker' }, IMPATIENT);
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' });
  });

  test('another tenant is told nothing of it', async () => {
    expect((await world.get(`/v1/releases/${asked}/verdict`, RIVAL_TOKENS.onlooker)).status).toBe(503);
  });
});
