import type { KeyAnswer, RunningAnswer, SendAnswer } from '@parapet/actuation';
import type { Chance } from '@parapet/testkit';
import type { DeploymentTarget, StepRequest, Waiting } from '../../services/rollback-actuation/src/target.js';
import { MINUTE_MS, type Plot, SECOND_MS } from './plot.js';
import type { World } from './world.js';

const TIMEOUT_MS = 5 * SECOND_MS;
const TROUBLES = { late: 'request arrived late', lost: 'request lost', dropped: 'answer dropped' } as const;

/** What runs a part of the shop, behind a network that drops answers; it answers 503 or works slowly when it likes. */
export class ShopTarget implements DeploymentTarget {
  version = '1';
  private fence = 0;
  private readonly keys = new Map<string, 'running' | 'done' | 'failed'>();
  private readonly chance: Chance;

  constructor(
    private readonly world: World,
    private readonly plot: Plot,
  ) {
    this.chance = world.chance.apart(`target ${plot.component}`);
  }

  async send(request: StepRequest): Promise<Waiting<SendAnswer>> {
    this.world.invariants.sending(request);
    const unclear = { kind: 'unclear', detail: 'no answer within five seconds' } as const;
    const trouble = this.fails()
      ? this.chance.one<'503' | keyof typeof TROUBLES>(['503', 'late', 'lost', 'dropped'])
      : null;
    if (trouble === '503') return { kind: 'unclear', detail: '503', retryAfterMs: 3_000 };
    if (trouble !== null) this.world.seen.add(TROUBLES[trouble]);
    if (trouble === 'late' || trouble === 'lost') {
      // Given up here, and still on its way: it arrives late, or never.
      if (trouble === 'late')
        this.world.clock.after(this.chance.between(6, 90) * SECOND_MS, () => void this.arrived(request));
      await this.world.clock.pause(TIMEOUT_MS);
      return unclear;
    }
    await this.world.clock.pause(this.chance.between(5, 900));
    const answer = this.arrived(request);
    if (trouble === null) return answer;
    await this.world.clock.pause(TIMEOUT_MS);
    return unclear;
  }

  async ask(key: string): Promise<Waiting<KeyAnswer>> {
    await this.world.clock.pause(this.chance.between(5, 300));
    if (this.fails()) return { kind: 'no-answer', detail: '503', retryAfterMs: 2_000 };
    const state = this.plot.targetRemembers ? this.keys.get(key) : undefined;
    if (state === undefined) return { kind: 'unknown-key' };
    return state === 'failed' ? { kind: 'failed', detail: 'the deployment failed' } : { kind: state };
  }

  async running(): Promise<RunningAnswer> {
    await this.world.clock.pause(this.chance.between(5, 300));
    if (this.fails()) return { kind: 'no-answer', detail: 'connection refused' };
    return { kind: 'runs', components: [{ component: this.plot.component, version: this.version }] };
  }

  private arrived({ key, fence, step }: StepRequest): SendAnswer {
    if (this.plot.targetRemembers && this.keys.has(key)) return { kind: 'taken', detail: 'taken before' };
    if (fence < this.fence) return { kind: 'refused', detail: 'another actuator was there' };
    this.fence = fence;
    const from = step.from.components[0]?.version;
    const to = step.to.components[0]?.version ?? '';
    if (this.version !== from && this.version !== to) return { kind: 'refused', detail: `${this.version} runs` };
    this.keys.set(key, 'running');
    this.world.invariants.executed(key, step);
    const isFailing = this.chance.happens(this.world.story.weather.target / 4);
    this.world.clock.after(
      this.fails() ? this.chance.between(1, 3) * MINUTE_MS : this.chance.between(1, 20_000),
      () => {
        this.keys.set(key, isFailing ? 'failed' : 'done');
        if (!isFailing) this.version = to;
      },
    );
    return { kind: 'taken', detail: 'accepted' };
  }

  private fails(): boolean {
    return !this.world.isCalm && this.chance.happens(this.world.story.weather.target);
  }
}
