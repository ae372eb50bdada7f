import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OrderStep } from '@parapet/actuation';
import type { DeploymentTarget, StepRequest } from '../src/target.js';

/** What can go wrong on the way to a target. */
export type Trouble = 'unavailable' | 'slow-down' | 'drop-answer' | 'redirect';

/** A target of some kind with one component in version `1`, and the strings to pull at it. */
export interface World {
  readonly target: DeploymentTarget;
  /** As the target calls itself, and its component. */
  readonly name: string;
  readonly component: string;
  /** The next requests to it meet these, in order. */
  trouble(troubles: readonly Trouble[]): Promise<void>;
  /** How often something was really changed. */
  changes(): Promise<number>;
  /** The machine is off. */
  disappear(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * What every kind of target keeps, whatever it is made of.
 * @param open a fresh world; `slow`: deployments take a second or more and are taken before they are done
 */
export function targetContract(kind: string, open: (speed: 'instant' | 'slow') => Promise<World>): void {
  let world: World;
  const never = new AbortController().signal;

  const running = (version: string, artifact?: string) => ({
    release: null,
    components: [{ component: world.component, version, ...(artifact === undefined ? {} : { artifact }) }],
  });
  const step = (from: string, to: string): OrderStep => ({
    step: '1',
    target: world.name,
    from: running(from),
    to: running(to),
    isRepeatable: true,
  });
  const request = (key: string, from: string, to: string, fence = 10): StepRequest => ({
    key,
    fence,
    step: step(from, to),
    environment: 'production',
    planDigest: 'd1',
  });
  const send = (key: string, from: string, to: string, fence?: number) =>
    world.target.send(request(key, from, to, fence), never);
  const versions = async () => {
    const answer = await world.target.running(never);
    return answer.kind === 'runs'
      ? answer.components.filter((c) => c.component === world.component).map((c) => `${c.version} ${c.share ?? 1}`)
      : answer;
  };

  describe(`${kind} target contract`, () => {
    beforeEach(async () => {
      world = await open('instant');
    });
    afterEach(() => world.stop());

    it('does what it is told, says so, and shows it', async () => {
      expect(await versions()).toEqual(['1 1']);
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'taken' });
      expect(await world.target.ask('act_1.1', never)).toEqual({ kind: 'done' });
      expect(await versions()).toEqual(['2 1']);
      expect(await world.changes()).toBe(1);
    });

    it('does it once, however often it is told under the same key', async () => {
      await send('act_1.1', '1', '2');
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'taken' });
      expect(await send('act_1.1', '1', '2', 11)).toMatchObject({ kind: 'taken' });
      expect(await world.changes()).toBe(1);
    });

    it('knows nothing of a key that it never saw', async () => {
      expect(await world.target.ask('act_9.1', never)).toEqual({ kind: 'unknown-key' });
    });

    it('refuses an actuator that was replaced', async () => {
      await send('act_1.1', '1', '2', 20);
      expect(await send('act_2.1', '2', '3', 19)).toMatchObject({
        kind: 'refused',
        detail: expect.stringContaining('stale-fence'),
      });
      expect(await versions()).toEqual(['2 1']);
    });

    it('refuses to start from what does not run', async () => {
      expect(await send('act_1.1', '7', '2')).toMatchObject({ kind: 'refused' });
      expect(await versions()).toEqual(['1 1']);
      expect(await world.changes()).toBe(0);
    });

    it('has done it although its answer was lost: the key says so', async () => {
      await world.trouble(['drop-answer']);
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'unclear' });
      expect(await world.target.ask('act_1.1', never)).toEqual({ kind: 'done' });
      expect(await world.changes()).toBe(1);
    });

    it('was unavailable and did nothing: the key says so, and it may be told again', async () => {
      await world.trouble(['unavailable']);
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'unclear' });
      expect(await world.target.ask('act_1.1', never)).toEqual({ kind: 'unknown-key' });
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'taken' });
      expect(await world.changes()).toBe(1);
    });

    it('may ask us to wait, and how long', async () => {
      await world.trouble(['slow-down']);
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'unclear', retryAfterMs: 1000 });
    });

    it('sends us nowhere else', async () => {
      await world.trouble(['redirect']);
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'refused' });
      expect(await world.changes()).toBe(0);
    });

    it('answers nothing when it is gone, and that is said as such', async () => {
      await world.disappear();
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'unclear' });
      expect(await world.target.ask('act_1.1', never)).toMatchObject({ kind: 'no-answer' });
      expect(await world.target.running(never)).toMatchObject({ kind: 'no-answer' });
    });

    it('answers unclear to what we gave up ourselves', async () => {
      const given = AbortSignal.abort(new Error('the session is lost'));
      expect(await world.target.send(request('act_1.1', '1', '2'), given)).toMatchObject({ kind: 'unclear' });
      expect(await world.changes()).toBe(0);
    });
  });

  describe(`${kind} target contract, where deployments take time`, () => {
    beforeEach(async () => {
      world = await open('slow');
    });
    afterEach(() => world.stop());

    it('takes it, is at it, and then shows it', async () => {
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'taken' });
      expect(await world.target.ask('act_1.1', never)).toEqual({ kind: 'running' });
      expect(await versions()).toEqual(['1 1']);
      const deadline = Date.now() + 15_000;
      while ((await world.target.ask('act_1.1', never)).kind !== 'done') expect(Date.now()).toBeLessThan(deadline);
      expect(await versions()).toEqual(['2 1']);
      expect(await world.changes()).toBe(1);
    });

    it('is not told twice while it is at it', async () => {
      await send('act_1.1', '1', '2');
      expect(await send('act_1.1', '1', '2')).toMatchObject({ kind: 'taken' });
      const deadline = Date.now() + 15_000;
      while ((await world.target.ask('act_1.1', never)).kind !== 'done') expect(Date.now()).toBeLessThan(deadline);
      expect(await world.changes()).toBe(1);
    });
  });
}
