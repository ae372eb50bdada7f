import { shareOf } from '../estimates.js';

/** When a guardrail's precision costs it the right to act. */
export interface PrecisionFloor {
  /** Below this share of right breaches it is stepped down. */
  readonly floor: number;
  /** With fewer marked breaches than this nothing happens. */
  readonly marks: number;
}

/** What the method assumes where a policy says nothing. */
export const PRECISION_FLOOR: PrecisionFloor = { floor: 0.5, marks: 5 };

/** One person's word on one release's breach of a guardrail: about this guardrail, or about the verdict as a whole. */
export interface BreachMark {
  readonly release: string;
  readonly by: string;
  readonly isOfGuardrail: boolean;
  readonly right: boolean;
  /** Its place in the journal: the later of two words counts. */
  readonly seq: number;
}

/** How many breaches people found right and wrong. */
export interface Marks {
  readonly right: number;
  readonly wrong: number;
  /** As many said right as said wrong: the breach counts as neither. */
  readonly disputed: number;
}

/**
 * Counts breaches, not words: a breach is right where more people say right than wrong, and one that people are divided
 * about counts as neither. Of one person the word about the guardrail goes before the one about the verdict, then the later one.
 */
export function countMarks(marks: readonly BreachMark[]): Marks {
  const words = new Map<string, BreachMark>();
  for (const mark of marks) {
    const key = JSON.stringify([mark.release, mark.by]);
    const before = words.get(key);
    if (before === undefined || goesBefore(mark, before)) words.set(key, mark);
  }
  const balances = new Map<string, number>();
  for (const { release, right } of words.values())
    balances.set(release, (balances.get(release) ?? 0) + (right ? 1 : -1));
  const all = [...balances.values()];
  return {
    right: all.filter((balance) => balance > 0).length,
    wrong: all.filter((balance) => balance < 0).length,
    disputed: all.filter((balance) => balance === 0).length,
  };
}

function goesBefore(mark: BreachMark, other: BreachMark): boolean {
  return mark.isOfGuardrail === other.isOfGuardrail ? mark.seq > other.seq : mark.isOfGuardrail;
}

/** Share of right breaches with its 95 % interval; nulls where no breach counts. */
export interface Precision {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Right of right and wrong, with the exact interval of Clopper and Pearson; null where nothing was marked. */
export function precisionOf({ right, wrong }: Marks): Precision | null {
  const { rate, low, high } = shareOf(right, right + wrong);
  return rate === null ? null : { value: rate, low, high };
}

/** Whether the marks cost the guardrail its right to act: enough of them, and too few right. */
export function isTooImprecise({ right, wrong }: Marks, { floor, marks }: PrecisionFloor): boolean {
  const n = right + wrong;
  return n >= marks && n > 0 && right / n < floor;
}
