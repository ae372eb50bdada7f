import type { InstantMs } from '@parapet/kernel';
import type { Clock } from '@parapet/runtime';

/** Something that is to happen at an instant; the number keeps what falls together in the order it was asked for. */
interface Appointment {
  readonly atMs: InstantMs;
  readonly number: number;
  readonly work: () => void | Promise<void>;
}

/**
 * Time that passes only when nothing is left to do. One thing happens after another, whatever promises it started are
 * settled before the next, and the first one that fails ends the run.
 */
export class VirtualClock implements Clock {
  private now: InstantMs;
  private made = 0;
  private readonly heap: Appointment[] = [];
  private failure: { readonly error: unknown } | null = null;

  constructor(startMs: InstantMs) {
    this.now = startMs;
  }

  nowMs(): InstantMs {
    return this.now;
  }

  /** Has something done so much later; what fails in it fails the run. */
  after(ms: number, work: () => void | Promise<void>): void {
    this.made += 1;
    this.push({ atMs: this.now + Math.max(0, Math.round(ms)), number: this.made, work });
  }

  /** A promise kept so much later. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Makes a failure of something that nobody waits for the run's. */
  follow(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.failure ??= { error };
    });
  }

  /** Lets time pass, up to an instant or until `isOver`; `after` each thing that happened something may look at the result. */
  async run(untilMs: InstantMs, isOver: () => boolean, after: () => void): Promise<void> {
    while (!isOver()) {
      const next = this.heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.pop();
      this.now = next.atMs;
      this.follow(Promise.resolve().then(next.work));
      await settled();
      if (this.failure !== null) throw this.failure.error;
      after();
    }
  }

  private push(appointment: Appointment): void {
    let i = this.heap.push(appointment) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(appointment, this.heap[parent] as Appointment)) break;
      this.heap[i] = this.heap[parent] as Appointment;
      i = parent;
    }
    this.heap[i] = appointment;
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.heap.length) break;
      const right = this.heap[child + 1];
      if (right !== undefined && isBefore(right, this.heap[child] as Appointment)) child += 1;
      if (!isBefore(this.heap[child] as Appointment, last)) break;
      this.heap[i] = this.heap[child] as Appointment;
      i = child;
    }
    this.heap[i] = last;
  }
}

function isBefore(a: Appointment, b: Appointment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}

/** Resolves once every promise that could go on has gone on: an immediate comes after all of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
