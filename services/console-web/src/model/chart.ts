import { type InstantMs, parseInstant } from '@parapet/kernel';

/** A measured point; a value that is null is a gap. */
export interface ChartPoint {
  readonly atMs: InstantMs;
  readonly value: number | null;
  readonly of?: number;
}

/** The part of the plane that a chart shows. */
export interface Scale {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
  readonly low: number;
  readonly high: number;
}

/** The room for drawing, in pixels. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Points of the wire with their instants parsed, oldest first; a value that is no finite number is a gap. */
export function chartPoints(
  points: readonly { readonly at: string; readonly value: number | null; readonly of?: number }[],
): readonly ChartPoint[] {
  return points
    .flatMap(({ at, value, of }) => {
      const atMs = parseInstant(at);
      const finite = value !== null && Number.isFinite(value) ? value : null;
      return atMs === null ? [] : [{ atMs, value: finite, ...(of === undefined ? {} : { of }) }];
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** A scale that holds every point, both lines and the deployment, with a little air above; zero is shown where values are near it. */
export function scaleOf(
  points: readonly ChartPoint[],
  lines: readonly (number | null)[],
  startMs: InstantMs | null,
  nowMs: InstantMs,
): Scale {
  const values = [...points.map(({ value }) => value), ...lines].filter(
    (v): v is number => v !== null && Number.isFinite(v),
  );
  const times = [...points.map(({ atMs }) => atMs), ...(startMs === null ? [] : [startMs])];
  const toMs = Math.max(...times, times.length === 0 ? nowMs : Number.NEGATIVE_INFINITY);
  const fromMs = Math.min(...times, toMs - 60_000);
  const top = Math.max(...values, 0);
  const bottom = Math.min(...values, top);
  // A line between 0.97 and 1 would be flat against zero; one between 0 and 5 would float without it.
  const isFarFromZero = bottom > 0 && (top - bottom) / top < 0.3;
  const low =
    values.length === 0 ? 0 : isFarFromZero ? bottom - (top - bottom || top * 0.1) * 0.25 : Math.min(0, bottom);
  const high = top + (top - low || 1) * 0.12;
  return { fromMs, toMs, low, high };
}

export function xOf(scale: Scale, frame: Frame, atMs: InstantMs): number {
  return round(frame.left + ((atMs - scale.fromMs) / (scale.toMs - scale.fromMs)) * frame.width);
}

export function yOf(scale: Scale, frame: Frame, value: number): number {
  return round(frame.top + (1 - (value - scale.low) / (scale.high - scale.low)) * frame.height);
}

/** How much longer than usual two points may lie apart and still be joined. */
const JOIN_FACTOR = 3;

/** What a chart draws: lines that are joined, points that stand alone, and stretches of time without a value. */
export interface Drawn {
  readonly runs: readonly (readonly ChartPoint[])[];
  readonly gaps: readonly { readonly fromMs: InstantMs; readonly toMs: InstantMs }[];
}

/**
 * Cuts points into runs; a gap breaks the line and so does a silence, and neither is bridged. Before and after the
 * deployment points may have different distances, so each side is held to its own.
 */
export function runsOf(points: readonly ChartPoint[], startMs: InstantMs | null = null): Drawn {
  const side = (isAfter: boolean) =>
    usualStepMs(points.filter(({ atMs }) => startMs === null || atMs > startMs === isAfter));
  const [beforeMs, afterMs] = [side(false), side(true)];
  const joinMs = (from: ChartPoint, to: ChartPoint) => {
    if (startMs === null || from.atMs > startMs) return JOIN_FACTOR * afterMs;
    return JOIN_FACTOR * (to.atMs > startMs ? Math.max(beforeMs, afterMs) : beforeMs);
  };
  const runs: ChartPoint[][] = [];
  const gaps: { fromMs: InstantMs; toMs: InstantMs }[] = [];
  let last: ChartPoint | null = null;
  let isBroken = false;
  for (const point of points) {
    if (point.value === null) {
      isBroken = true;
      continue;
    }
    const isJoined = last !== null && !isBroken && point.atMs - last.atMs <= joinMs(last, point);
    if (isJoined) (runs.at(-1) as ChartPoint[]).push(point);
    else {
      if (last !== null) gaps.push({ fromMs: last.atMs, toMs: point.atMs });
      runs.push([point]);
    }
    last = point;
    isBroken = false;
  }
  const end = points.at(-1);
  if (isBroken && end !== undefined && points[0] !== undefined)
    gaps.push({ fromMs: last?.atMs ?? points[0].atMs, toMs: end.atMs });
  return { runs, gaps };
}

function usualStepMs(points: readonly ChartPoint[]): number {
  const steps = points
    .slice(1)
    .map((point, i) => point.atMs - (points[i] as ChartPoint).atMs)
    .filter((ms) => ms > 0)
    .sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 60_000;
}

/** The least of the past that is shown beside a young release. */
const BEFORE_MIN_MS = 4 * 60_000;

/** The points worth their room: everything since the deployment, and before it about as much again. */
export function worthShowing(points: readonly ChartPoint[], startMs: InstantMs | null): readonly ChartPoint[] {
  const newest = points.at(-1);
  if (startMs === null || newest === undefined) return points;
  const beforeMs = Math.max(BEFORE_MIN_MS, newest.atMs - startMs);
  return points.filter(({ atMs }) => atMs >= startMs - beforeMs);
}

/** The path of one run. */
export function pathOf(run: readonly ChartPoint[], scale: Scale, frame: Frame): string {
  return run
    .map((p, i) => `${i === 0 ? 'M' : 'L'}${xOf(scale, frame, p.atMs)} ${yOf(scale, frame, p.value as number)}`)
    .join('');
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Round values for the axis, about as many as asked for. */
export function valueTicks({ low, high }: Pick<Scale, 'low' | 'high'>, about: number): readonly number[] {
  const raw = (high - low) / about;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = magnitude * (STEPS.find((s) => s * magnitude >= raw) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

const TIME_STEPS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400].map(
  (s) => s * 1000,
);

/** Round instants for the axis, at most as many as asked for. */
export function timeTicks({ fromMs, toMs }: Pick<Scale, 'fromMs' | 'toMs'>, most: number): readonly InstantMs[] {
  const step = TIME_STEPS_MS.find((ms) => (toMs - fromMs) / ms <= most) ?? Math.ceil((toMs - fromMs) / most);
  const first = Math.ceil(fromMs / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / step) + 1) }, (_, i) => first + i * step);
}

/** The measured point nearest to a place in the chart; null where there is none. */
export function nearest(points: readonly ChartPoint[], scale: Scale, frame: Frame, x: number): number | null {
  let best: number | null = null;
  let distance = Number.POSITIVE_INFINITY;
  points.forEach((point, i) => {
    const d = Math.abs(xOf(scale, frame, point.atMs) - x);
    if (d < distance) [best, distance] = [i, d];
  });
  return best;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
