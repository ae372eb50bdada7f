import { MINUTE_MS, SECOND_MS } from './plot.js';
import type { World } from './world.js';

/** A service was killed; whatever it was doing ends here, and what it had committed stays. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** One service as far as dying goes: between any two of its steps, and at any time while it waits. */
export class Process {
  /** Grows with every start: what an earlier life began is not gone on with. */
  life = 1;
  private downUntilMs = 0;
  private readonly chance;

  constructor(
    private readonly world: World,
    readonly name: string,
    private readonly onKilled: () => void = () => undefined,
  ) {
    this.chance = world.chance.apart(name);
    this.killSometimes();
  }

  get isUp(): boolean {
    return this.world.clock.nowMs() >= this.downUntilMs;
  }

  /** A place between two steps at which it may be killed; `where` tells of it. */
  step(where: 'before a commit' | 'after a commit' | 'at work', life = this.life): void {
    if (life !== this.life || !this.isUp) throw new Killed(`${this.name} is not there any more`);
    if (this.world.isCalm || !this.chance.happens(this.world.story.weather.killed)) return;
    this.kill();
    this.world.seen.add(`killed ${where}`);
    throw new Killed(`${this.name} was killed`);
  }

  /** Runs one piece of work; false where it was killed in it, or was not there. */
  async survives(work: () => Promise<void>): Promise<boolean> {
    try {
      this.step('at work');
      await work();
      return true;
    } catch (error) {
      if (error instanceof Killed) return false;
      throw error;
    }
  }

  private kill(): void {
    this.life += 1;
    this.downUntilMs = this.world.clock.nowMs() + this.chance.between(1, 25) * SECOND_MS;
    this.world.seen.add(`${this.name} killed`);
    this.onKilled();
  }

  private killSometimes(): void {
    this.world.clock.after(this.chance.between(1, 30) * MINUTE_MS, () => {
      if (!this.world.isCalm && this.isUp && this.world.story.weather.killed > 0) this.kill();
      this.killSometimes();
    });
  }
}
