import { logBeta, logGamma } from './log-gamma.js';

/** Bounds that hold at all times at once with probability 1 − α (statistics 12); for reports, never for decisions. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Halvings: what is left is the twelfth digit. */
const HALVINGS = 44;

/** Bounds of a share of which `bad` of `total` were seen: the shares that a Beta(½, ½) mixture does not refute. */
export function proportionBounds(bad: number, total: number, alpha: number): Bounds {
  if (!(total > 0)) return { low: 0, high: 1 };
  const good = total - bad;
  const mixture = logBeta(0.5 + bad, 0.5 + good) - logBeta(0.5, 0.5);
  const against = (share: number) =>
    mixture - (bad === 0 ? 0 : bad * Math.log(share)) - (good === 0 ? 0 : good * Math.log1p(-share));
  const isKept = (share: number) => against(share) < -Math.log(alpha);
  const seen = bad / total;
  return {
    low: bad === 0 ? 0 : edge(seen, 0, isKept),
    high: good === 0 ? 1 : edge(seen, 1, isKept),
  };
}

/**
 * Bounds of the ratio of the first arm's rate to the second's; their exposures stand in a constant ratio. No upper one while the
 * second arm has no event.
 */
export function ratioBounds(
  first: { readonly events: number; readonly exposure: number },
  second: { readonly events: number; readonly exposure: number },
  alpha: number,
): { readonly low: number; readonly high: number | null } {
  const share = proportionBounds(first.events, first.events + second.events, alpha);
  const scale = second.exposure / first.exposure;
  return {
    low: (scale * share.low) / (1 - share.low),
    high: share.high === 1 ? null : (scale * share.high) / (1 - share.high),
  };
}

/** Shape of the gamma mixture below: half an event's worth of knowledge. */
const RATE_SHAPE = 0.5;

/**
 * Bounds of a rate of which `events` in `exposure` were seen, by a gamma mixture around `expected`, a rate known before the first
 * event, such as that of history; it decides where the bounds are narrowest, never whether they hold.
 */
export function rateBounds(events: number, exposure: number, expected: number, alpha: number): Bounds | null {
  if (!(exposure > 0 && expected > 0)) return null;
  const [shape, rate] = [RATE_SHAPE, RATE_SHAPE / expected];
  const mixture =
    shape * Math.log(rate) - logGamma(shape) + logGamma(shape + events) - (shape + events) * Math.log(rate + exposure);
  const against = (candidate: number) =>
    mixture - (events === 0 ? 0 : events * Math.log(candidate)) + candidate * exposure;
  const isKept = (candidate: number) => against(candidate) < -Math.log(alpha);
  const seen = events / exposure;
  let far = Math.max(seen, 1 / exposure);
  while (isKept(far)) far *= 2;
  return { low: events === 0 ? 0 : edge(seen, 0, isKept), high: edge(seen, far, isKept) };
}

/**
 * Bounds of a mean of `n` values with long-run variance `variance`, by a normal mixture that is tightest at `plannedN` values, the
 * end of the watch.
 */
export function meanBounds(
  mean: number,
  n: number,
  o: { readonly variance: number; readonly plannedN: number; readonly alpha: number },
): Bounds | null {
  if (!(n > 0 && o.variance > 0 && o.plannedN > 0)) return null;
  const surprise = -2 * Math.log(o.alpha);
  const seen = n * o.variance;
  const mixed = (o.plannedN * o.variance) / (surprise + Math.log1p(surprise));
  const reach = Math.sqrt((seen + mixed) * (Math.log1p(seen / mixed) + surprise)) / n;
  return { low: mean - reach, high: mean + reach };
}

/** The last of what is kept on the way from a value that is kept to one that is not. */
function edge(kept: number, refuted: number, isKept: (value: number) => boolean): number {
  let [inside, outside] = [kept, refuted];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = inside + (outside - inside) / 2;
    if (isKept(middle)) inside = middle;
    else outside = middle;
  }
  return outside;
}
