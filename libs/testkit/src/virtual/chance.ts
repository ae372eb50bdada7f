/** Chance that can be repeated: the same seed gives the same draws in the same order, on every machine. */
export class Chance {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). Mulberry32: 32 bits of state are plenty for choosing what goes wrong. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of several, all equally likely. */
  one<T>(of: readonly [T, ...T[]]): T {
    return of[this.between(0, of.length - 1)] as T;
  }

  /** How many of `of` have a property that each has with this probability. */
  count(of: number, probability: number): number {
    let count = 0;
    for (let i = 0; i < of; i++) if (this.happens(probability)) count += 1;
    return count;
  }

  /** Fills an array, as an id maker wants it. */
  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.between(0, 255);
  }

  /** Chance of its own for one part of a whole: what it draws moves nobody else's draws. */
  apart(name: string): Chance {
    let hash = this.seed ^ 0x9e3779b9;
    for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    return new Chance(hash);
  }
}
