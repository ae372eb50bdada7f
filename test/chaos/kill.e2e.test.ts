import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { beginRelease } from '../../tools/demo/release.mjs';
import type { StoryEvent } from '../../tools/demo/api.mjs';
import { CODE, follow, isVerification, type OwnWorld, ownWorld, typeOf } from '../acceptance/story.js';

type Service = keyof OwnWorld['world']['system']['services'];

describe('kill -9 of each service, and of Redis, in the middle of the story', () => {
  let own: OwnWorld;
  let good: string;

  beforeAll(async () => {
    own = await ownWorld({ alerts: false });
    good = (
      await beginRelease({
        world: own.world,
        pipeline: own.pipeline,
        version: '2.4.1',
        criticality: 'high',
        steps: CODE,
      })
    ).id;
  }, 180_000);

  afterAll(async () => {
    await own?.stop();
  }, 60_000);

  /** Ends a service as a crash would; its supervisor stays out of it until the test starts it again. */
  async function killAndRestart(service: Service): Promise<void> {
    await own.world.system.services[service].kill('SIGKILL');
    await own.world.system.services[service].start();
  }

  async function badRelease(): Promise<string> {
    const { world, pipeline } = own;
    return (await beginRelease({ world, pipeline, version: '2.5.0', criticality: 'high', steps: CODE, previous: good }))
      .id;
  }

  /** What must be true of a bad release's story whatever was killed: all of it there, each thing once, the end reached. */
  function expectWholeStory(story: readonly StoryEvent[]): void {
    const count = (type: string) => story.filter((event) => typeOf(event) === type).length;
    expect(story.map((event) => Number(event.sequence))).toEqual(story.map((_, index) => index + 1));
    expect({
      decisions: count('decision.made'),
      orders: count('rollback.ordered'),
      finished: count('actuation.finished'),
      verified: story.filter((event) => typeOf(event) === 'rollback.verified').map((event) => event.data.outcome),
    }).toEqual({ decisions: 1, orders: 1, finished: 1, verified: ['verified'] });
  }

  async function deploymentsByParapet(): Promise<number> {
    const text = await (await fetch(`${own.world.shop.url}/metrics`)).text();
    const line = text
      .split('\n')
      .find((candidate) => candidate.startsWith('shop_deployments_total') && candidate.includes('actuator'));
    return line === undefined ? 0 : Number(line.split(' ').at(-1));
  }

  it('those that measure and judge, while the release is watched', async () => {
    const before = await deploymentsByParapet();
    const release = await badRelease();
    await killAndRestart('kpi-probing');
    await killAndRestart('guardrail-evaluation');
    const story = await follow(own.person, release, isVerification, { withinMs: 200_000 });
    expectWholeStory(story);
    expect((await deploymentsByParapet()) - before).toBe(1);
  }, 240_000);

  it('the one that decides, as the verdict comes', async () => {
    const before = await deploymentsByParapet();
    const release = await badRelease();
    let isKilled = false;
    const story = await follow(own.person, release, isVerification, {
      withinMs: 200_000,
      onEvent: async (event) => {
        if (isKilled || typeOf(event) !== 'verdict.changed' || event.data.to !== 'fail') return;
        isKilled = true;
        await killAndRestart('release-control');
      },
    });
    expect(isKilled).toBe(true);
    expectWholeStory(story);
    expect((await deploymentsByParapet()) - before).toBe(1);
  }, 240_000);

  it('the one that acts, between its steps', async () => {
    const before = await deploymentsByParapet();
    const release = await badRelease();
    let isKilled = false;
    const story = await follow(own.person, release, isVerification, {
      withinMs: 200_000,
      onEvent: async (event) => {
        if (isKilled || typeOf(event) !== 'rollback.ordered') return;
        isKilled = true;
        await killAndRestart('rollback-actuation');
      },
    });
    expect(isKilled).toBe(true);
    expectWholeStory(story);
    expect((await deploymentsByParapet()) - before).toBe(1);
  }, 240_000);

  /** Samples of one till, one after the other as fast as they are answered; a sender that is not answered sends the same again. */
  function pour(run: string): { readonly end: () => Promise<number> } {
    const { world } = own;
    const url = `${world.system.urls.ingestion}/v1/ingest/samples/till-agents`;
    let answered = 0;
    let isDone = false;
    const pouring = (async () => {
      for (let i = 0; !isDone || i < 100; i++) {
        const at = new Date().toISOString();
        const body = JSON.stringify({
          samples: [
            { signal: 'till.receipts.printed', at, count: 1, of: 1, dimensions: { till: run }, key: `${run}/${i}` },
          ],
        });
        for (;;) {
          const status = await fetch(url, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json', authorization: `Bearer ${world.tokens.samples}` },
          })
            .then((response) => response.status)
            .catch(() => 0);
          if (status === 202) break;
          expect([0, 429, 503]).toContain(status);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        answered++;
      }
    })();
    return {
      end: async () => {
        isDone = true;
        await pouring;
        return answered;
      },
    };
  }

  /** Resolves once all of a till's samples are counted; throws where more are, or fewer after half a minute. */
  async function expectCounted(run: string, answered: number): Promise<void> {
    const client = new pg.Client({ connectionString: own.world.system.urls.postgres });
    await client.connect();
    try {
      const counted = async (): Promise<number> => {
        const { rows } = await client.query(
          "SELECT coalesce(sum(of), 0)::float8 AS counted FROM evaluation_rollup WHERE signal = 'till.receipts.printed' AND dimensions ->> 'till' = $1",
          [run],
        );
        return rows[0].counted;
      };
      const deadlineMs = Date.now() + 30_000;
      while ((await counted()) < answered && Date.now() < deadlineMs)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await counted()).toBe(answered);
    } finally {
      await client.end();
    }
  }

  it('the doors, while samples pour in: what was answered 202 is counted, and counted once', async () => {
    const run = randomUUID().slice(0, 8);
    const pouring = pour(run);
    await killAndRestart('metrics-ingestion');
    await killAndRestart('guardrail-evaluation');
    await expectCounted(run, await pouring.end());
  }, 180_000);

  it('Redis, for good: the story goes on, nothing is counted twice, and the chart is drawn from the evidence', async () => {
    const before = await deploymentsByParapet();
    const run = randomUUID().slice(0, 8);
    const pouring = pour(run);
    const release = await badRelease();
    process.kill(Number(readFileSync(join(own.stateDir, 'redis', 'redis.pid'), 'utf8')), 'SIGKILL');
    const story = await follow(own.person, release, isVerification, { withinMs: 200_000 });
    expectWholeStory(story);
    expect((await deploymentsByParapet()) - before).toBe(1);
    await expectCounted(run, await pouring.end());
    const { guardrails } = await own.person.get(`/v1/releases/${release}/series`);
    expect(guardrails.map(({ points }: { points: unknown[] }) => points.length > 0)).toEqual([true, true, true]);
  }, 240_000);

  it('and the chain of the journal verifies', async () => {
    const { parapet } = await import('../acceptance/parapet.js');
    const { status, json } = await parapet(own, ['audit', 'verify', '--json']);
    expect(status).toBe(0);
    expect(json).toMatchObject({ intact: true });
  }, 60_000);
});
