import type { InstantMs } from '@parapet/kernel';
import { after, ask, type Circuit, CLOSED, type Finding } from './breaker.js';

/** Told whenever a target's circuit opens or closes. */
export type CircuitChanged = (target: string, to: 'open' | 'closed', openMs: number) => void;

/** The circuits of all targets. */
export class Breakers {
  readonly #circuits = new Map<string, Circuit>();

  constructor(
    private readonly nowMs: () => InstantMs,
    private readonly chance: () => number,
    private readonly changed: CircuitChanged,
  ) {}

  /** Whether the target may be asked now; who may has to `tell` what came of it. */
  mayAsk(target: string): boolean {
    const { isGranted, circuit } = ask(this.#of(target), this.nowMs());
    this.#keep(target, circuit);
    return isGranted;
  }

  /** What came of a measurement that was granted. */
  tell(target: string, finding: Finding): void {
    const before = this.#of(target);
    const now = after(before, finding, this.nowMs(), this.chance());
    this.#keep(target, now);
    if (now.kind === 'open' && before.kind !== 'open') this.changed(target, 'open', now.openMs);
    if (now.kind === 'closed' && before.kind !== 'closed') this.changed(target, 'closed', 0);
  }

  /** How long until the target may be asked again, in milliseconds; 0 where it may be or a look is under way. */
  waitMs(target: string): number {
    const circuit = this.#of(target);
    return circuit.kind === 'open' ? Math.max(0, circuit.untilMs - this.nowMs()) : 0;
  }

  #of(target: string): Circuit {
    return this.#circuits.get(target) ?? CLOSED;
  }

  #keep(target: string, circuit: Circuit): void {
    if (circuit.kind === 'closed' && circuit.failures === 0) this.#circuits.delete(target);
    else this.#circuits.set(target, circuit);
  }
}
