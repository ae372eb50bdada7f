import type { ShopHours } from '@parapet/policy';
import type { Sample } from '@parapet/signals';
import type { Measure, Measured, Measurement } from '../probe.js';
import type { Window } from '../windows.js';

/**
 * The same measure, which knows when its shops are open: a window in which nobody trades is not asked of the target and gives a gap
 * `closed`, and so does the sample of a closed store in a window in which another is open. What means the same at any hour is left alone.
 */
export function withinHours(measure: Measure, hours: ShopHours): Measure {
  const signals = measure.openShopSignals ?? [];
  if (measure.needsOpenShop !== true && signals.length === 0) return measure;
  return {
    kpi: measure.kpi,
    rhythm: measure.rhythm,
    target: measure.target,
    needsOpenShop: measure.needsOpenShop === true,
    openShopSignals: signals,
    asOf: () => measure.asOf(),
    ...(measure.lagMs === undefined ? {} : { lagMs: async () => (await measure.lagMs?.()) as number }),
    measure: (windows) =>
      measure.needsOpenShop === true ? measureOpen(measure, hours, windows) : measureAll(measure, hours, windows),
    gaps: (toMs) => measure.gaps(toMs),
  };
}

/** Every window is measured; some of what it says holds for open shops alone. */
async function measureAll(measure: Measure, hours: ShopHours, windows: readonly Window[]): Promise<Measured> {
  const measured = await measure.measure(windows);
  const ofOpen = (sample: Sample, window: Window): Sample => {
    if (measure.openShopSignals?.includes(sample.signal) !== true) return sample;
    return hours.isAnyOpen(window.fromMs, window.toMs) ? openOnly(sample, hours, window) : { ...sample, value: CLOSED };
  };
  const measurements = measured.measurements.map((one) => ({
    ...one,
    samples: one.samples.map((sample) => ofOpen(sample, one.window)),
  }));
  return { ...measured, measurements };
}

async function measureOpen(measure: Measure, hours: ShopHours, windows: readonly Window[]): Promise<Measured> {
  const open = windows.filter(({ fromMs, toMs }) => hours.isAnyOpen(fromMs, toMs));
  const measured: Measured = open.length === 0 ? { measurements: [], rows: 0 } : await measure.measure(open);
  const byEnd = new Map(measured.measurements.map((one) => [one.window.toMs, one]));
  const measurements = windows.map((window): Measurement => {
    const one = byEnd.get(window.toMs);
    return one === undefined
      ? allClosed(measure, window)
      : { ...one, samples: one.samples.map((sample) => openOnly(sample, hours, window)) };
  });
  return { ...measured, measurements };
}

/** The key tells it from a gap of the same window that a failure left before. */
function allClosed(measure: Measure, window: Window): Measurement {
  const samples = measure.gaps(window.toMs).map((gap): Sample => ({ ...gap, value: CLOSED, key: `${gap.key}/closed` }));
  return { window, samples, isTruncated: false };
}

function openOnly(sample: Sample, hours: ShopHours, { fromMs, toMs }: Window): Sample {
  const isOfStore = ['store', 'till', 'company'].some((name) => Object.hasOwn(sample.dimensions, name));
  // What speaks of all shops together holds while any of them is open.
  return !isOfStore || hours.isOpen(sample.dimensions, fromMs, toMs) ? sample : { ...sample, value: CLOSED };
}

const CLOSED = { kind: 'gap', reason: 'closed' } as const;
