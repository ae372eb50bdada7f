import type { InstantMs } from '@parapet/kernel';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { clockTime, percent, roundNumber, wholeNumber } from '../words.js';
import type { Burn, BurnRate } from './burn-rate.js';
import type { Described } from './guardrail-test.js';

type WatchedBurn = WatchedGuardrail & { readonly guardrail: { readonly test: BurnRate } };

/**
 * Numbers and words of the row that is nearest to firing: the share of bad ones in the window that spends less, and the share at
 * which it fires. A share that is bad when low is shown as the share of good ones.
 */
export function describeBurn(
  spec: WatchSpec,
  watched: WatchedBurn,
  burns: readonly Burn[],
  newestAtMs: InstantMs | null,
): Described {
  const worst = nearest(watched, burns);
  if (worst === null || newestAtMs === null) return { numbers: {}, words: '' };
  const { objective, scope } = watched.guardrail.test;
  const isRest = watched.signal?.badDirection === 'low';
  const shown = (share: number) => (isRest ? 1 - share : share);
  const numbers = {
    observed: shown(Math.min(shareOf(worst.long), shareOf(worst.short))),
    limit: shown(Math.min(1, worst.row.factor * (1 - objective))),
  };
  const { name } = watched.guardrail;
  const { long, row } = worst;
  // Windows of `scope: release` do not reach back before it: while it is younger than one, that is all there is.
  const isWhole = (lengthMs: number) => scope === 'rolling' || newestAtMs - spec.startMs >= lengthMs;
  const when = (lengthMs: number) =>
    isWhole(lengthMs) ? `within ${lengthWords(lengthMs)}` : `since ${clockTime(spec.startMs)}`;
  const seen = `${wholeNumber(long.events)} of ${wholeNumber(long.exposure)} failed ${when(row.longMs)}`;
  const allowed = `an objective of ${percent(objective)} allows`;
  const speeds = [speedOf(long, objective), speedOf(worst.short, objective)] as const;
  const [over, lately] = speeds.map(roundNumber) as [string, string];
  const isWithin = speeds.every((speed) => speed <= 1);
  const words = isWithin
    ? `${name}: ${seen}, within what ${allowed}`
    : `${name}: ${seen}, ${over} times what ${allowed}, and ${lately} times ${when(row.shortMs)}`;
  return { numbers, words: `${words}${worst.isFiring ? `; ${roundNumber(row.factor)} times is too fast` : ''}` };
}

/** The first row that fires, else the one that is nearest to its factor in both windows; of those that saw traffic in both. */
function nearest(watched: WatchedBurn, burns: readonly Burn[]): Burn | null {
  const { objective } = watched.guardrail.test;
  const closeness = ({ long, short, row }: Burn) =>
    Math.min(speedOf(long, objective), speedOf(short, objective)) / row.factor;
  const known = burns.filter(({ long, short }) => long.exposure > 0 && short.exposure > 0);
  const [closest] = known.toSorted((a, b) => closeness(b) - closeness(a));
  return known.find((burn) => burn.isFiring) ?? closest ?? null;
}

function shareOf({ events, exposure }: { readonly events: number; readonly exposure: number }): number {
  return events / exposure;
}

/** How many times as fast as the objective allows. */
function speedOf(counts: { readonly events: number; readonly exposure: number }, objective: number): number {
  return shareOf(counts) / (1 - objective);
}

/** `90 minutes`, `6 hours`, `3 days`. */
function lengthWords(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const;
  const [unit, unitMs] = units.find(([, each]) => ms >= each && ms % each === 0) ?? (['second', 1000] as const);
  const count = ms / unitMs;
  return `${roundNumber(count)} ${unit}${count === 1 ? '' : 's'}`;
}
