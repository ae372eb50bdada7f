import type { World } from '../world.js';

const EVERY_MS = 200;

/** How far a long run is, on one line of a terminal; silent where nobody looks. */
export class Progress {
  private readonly startMs: number;
  private shownAtMs: number;
  private releases = 0;
  private watchedMs = 0;
  private isShown = false;

  constructor(private readonly world: World) {
    this.startMs = world.nowMs();
    this.shownAtMs = this.startMs;
  }

  /** One more release, of which so much of the file has been read and whose watch took so long. */
  count(share: number, watchMs: number): void {
    this.releases += 1;
    this.watchedMs += watchMs;
    const nowMs = this.world.nowMs();
    if (this.world.stderr.isTTY !== true || nowMs - this.shownAtMs < EVERY_MS) return;
    this.shownAtMs = nowMs;
    this.isShown = true;
    const percent = Math.round(share * 100);
    this.world.stderr.write(`\r\u001b[K${percent} % of the file, ${this.releases} releases, ${speed(this.speed())}`);
  }

  /** Clears the line, so that what follows stands alone. */
  end(): void {
    if (this.isShown) this.world.stderr.write('\r\u001b[K');
  }

  /** How long it took. */
  tookMs(): number {
    return this.world.nowMs() - this.startMs;
  }

  /** How many times faster than the watches themselves. */
  speed(): number {
    return this.watchedMs / Math.max(1, this.tookMs());
  }
}

/** A speed in words. */
export function speed(times: number): string {
  return `${new Intl.NumberFormat('en', { maximumSignificantDigits: 2 }).format(times)} times faster than real time`;
}
