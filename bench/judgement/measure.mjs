// One cell of the benchmark, in a process and with a heap of its own: so many releases, watched beside each other.
import { GCProfiler } from 'node:v8';
import { RunningWatch } from '@parapet/guardrails';
import { GUARDRAILS_PER_RELEASE, inputsOf, specOf } from './watches.mjs';

/** The middle of a watch of an hour: half of the anchors have begun. */
const FROM_TICK = 105;
const TICKS = 30;
/** Releases do not all see the same: so many different ones. */
const VARIANTS = 16;

const [releases = 1, loops = 1] = process.argv.slice(2).map(Number);
const collect = globalThis.gc;
if (collect === undefined) throw new Error('to be run with --expose-gc');

const ticks = Array.from({ length: FROM_TICK + TICKS }, (_, tick) =>
  Array.from({ length: VARIANTS }, (_, variant) => inputsOf(tick, variant)),
);
/** @param {import('@parapet/guardrails').WatchSpec} spec @param {number} release */
function halfWay(spec, release) {
  const watch = new RunningWatch(spec);
  for (const tick of ticks.slice(0, FROM_TICK)) {
    for (const input of tick[release % VARIANTS] ?? []) watch.take(input);
  }
  return watch.state;
}
/** Every release's state is its own, as it is when it was read back from where it is kept. */
const texts = Array.from({ length: VARIANTS }, (_, variant) => JSON.stringify(halfWay(specOf(variant), variant)));

collect();
const emptyBytes = process.memoryUsage().heapUsed + process.memoryUsage().external;
const specs = Array.from({ length: releases }, (_, release) => specOf(release));
/** @type {RunningWatch[]} */
let watches = [];
let cpuMicros = 0;
let wallMs = 0;
let samples = 0;
let collectedMs = 0;
for (let loop = 0; loop < loops; loop++) {
  watches = specs.map(
    (spec, release) => new RunningWatch(spec, JSON.parse(/** @type {string} */ (texts[release % VARIANTS]))),
  );
  // What was read back has been judged once before anything is timed: plans are made and memory is where it stays.
  run(FROM_TICK, FROM_TICK + 1);
  const profiler = new GCProfiler();
  profiler.start();
  const beganMs = performance.now();
  const before = process.cpuUsage();
  run(FROM_TICK + 1, FROM_TICK + TICKS);
  const { user, system } = process.cpuUsage(before);
  cpuMicros += user + system;
  wallMs += performance.now() - beganMs;
  collectedMs += profiler.stop().statistics.reduce((sum, { cost }) => sum + cost / 1000, 0);
  samples += (TICKS - 1) * releases * GUARDRAILS_PER_RELEASE;
}
collect();
const fullBytes = process.memoryUsage().heapUsed + process.memoryUsage().external;
if (watches.some(({ state }) => state.failure !== null)) throw new Error('a healthy release failed');
process.stdout.write(
  JSON.stringify({
    releases,
    samples,
    // Processor time, for the machine may have other work; of it the collector's part is what it is of the time on the wall.
    microsPerSample: cpuMicros / samples,
    collectorShare: collectedMs / wallMs,
    bytesPerRelease: (fullBytes - emptyBytes) / releases,
  }),
);

/** @param {number} from @param {number} to */
function run(from, to) {
  for (let tick = from; tick < to; tick++) {
    for (let release = 0; release < releases; release++) {
      const watch = /** @type {RunningWatch} */ (watches[release]);
      for (const input of ticks[tick]?.[release % VARIANTS] ?? []) watch.take(input);
    }
  }
}
