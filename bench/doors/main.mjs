// The doors in a storm: what they take a second, durable before they answer, beside what JetStream alone takes in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { startSystem } from '../../tools/launcher/system.mjs';
import { quantiles } from '../quantiles.mjs';
import { barePublishRate, storedSignals } from './bare.mjs';
import { perMessage, processorSeconds, residentMiB } from './processes.mjs';

/** @typedef {import('./load.d.mts').Load} Load @typedef {import('./load.d.mts').Sent} Sent @typedef {import('../../tools/launcher/system.d.mts').System} System */

/** Connections of a storm, and messages under way in the bare run. */
const CONNECTIONS = 64;
/** More than a door takes at once. */
const OVERLOAD_CONNECTIONS = 1_000;
const OVERLOAD_SECONDS = 15;
const BARE_SECONDS = 10;
/** A long storm well below what the doors can take, so that what grows is a leak and no queue. */
const SOAK = { alerts: 100, samples: 5 };
const LOOK_EVERY_MS = 5_000;

/**
 * @param {{ seconds: number; soakSeconds: number; say: (line: string) => void }} o
 */
export async function doors({ seconds, soakSeconds, say }) {
  const { makeToken } = await import('@parapet/policy');
  const tokens = { alerts: makeToken(), samples: makeToken() };
  const dir = mkdtempSync(join(tmpdir(), 'parapet-bench-'));
  const system = await startSystem({
    configDir: fileURLToPath(new URL('./config', import.meta.url)),
    stateDir: dir,
    env: {
      ...process.env,
      BENCH_ALERTMANAGER_TOKEN: tokens.alerts,
      BENCH_PROMETHEUS_TOKEN: tokens.samples,
      PARAPET_SIGNALS_GIB: '10',
    },
    say,
  });
  try {
    const url = `${system.urls.ingestion}/v1/ingest`;
    /** @type {Record<'alerts' | 'samples', Load>} */
    const loads = {
      alerts: { kind: 'alerts', url: `${url}/alertmanager/storm-alertmanager`, ...common(tokens.alerts) },
      samples: { kind: 'samples', url: `${url}/remote-write/storm-prometheus`, ...common(tokens.samples) },
    };
    const ways = {
      alerts: await way(system, dir, { ...loads.alerts, seconds }, 'webhooks of 20 alerts', say),
      samples: await way(system, dir, { ...loads.samples, seconds }, 'remote writes of 2 000 samples', say),
    };
    const overload = await overloaded(system, loads.alerts, say);
    const memory = soakSeconds > 0 ? await soak(system, loads, soakSeconds, say) : null;
    return { ways, overload, memory };
  } finally {
    await system.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {string} token */
function common(token) {
  return { token, connections: CONNECTIONS, seconds: 3, perSecond: null };
}

/**
 * One way in as fast as it answers, then JetStream alone with messages as that way stored them.
 * @param {System} system @param {string} dir @param {Load} load @param {string} what @param {(line: string) => void} say
 */
async function way(system, dir, load, what, say) {
  say(`${what}, as fast as they are answered, ${load.seconds} s`);
  await storm({ ...load, seconds: 3 });
  const before = await storedSignals(system);
  const cpuBefore = processorSeconds(system, dir);
  const sent = await storm(load);
  const cpu = perMessage(cpuBefore, processorSeconds(system, dir), sent.accepted);
  if (sent.accepted === 0) throw new Error(`${what}: none was taken, the answers were ${JSON.stringify(sent.answers)}`);
  const after = await storedSignals(system);
  const stored = (after.messages - before.messages) / sent.accepted;
  const bytes = Math.round((after.bytes - before.bytes) / (after.messages - before.messages));
  say(`JetStream alone, messages of ${bytes} bytes, ${BARE_SECONDS} s`);
  const bare = await barePublishRate(system, { bytes, underWay: CONNECTIONS, seconds: BARE_SECONDS });
  return { sent, cpu, bytes, stored, bare, ratio: (sent.accepted * stored) / sent.seconds / bare };
}

/**
 * Far more senders than a door takes at once: those beyond are told at once to come later; afterwards it takes messages as before, and
 * everything that was answered 202 is there.
 * @param {System} system @param {Load} load @param {(line: string) => void} say
 */
async function overloaded(system, load, say) {
  say(`${OVERLOAD_CONNECTIONS} senders at once, ${OVERLOAD_SECONDS} s`);
  const before = await storedSignals(system);
  const sent = await storm({ ...load, connections: OVERLOAD_CONNECTIONS, seconds: OVERLOAD_SECONDS });
  const stored = (await storedSignals(system)).messages - before.messages;
  const after = await storm({ ...load, connections: 1, seconds: 2 });
  return { sent, stored, after };
}

/**
 * Both ways at a steady rate, and how much memory the door's process holds over the time.
 * @param {System} system @param {Record<'alerts' | 'samples', Load>} loads @param {number} seconds @param {(line: string) => void} say
 */
async function soak(system, loads, seconds, say) {
  say(`both at a steady rate for ${seconds} s`);
  const pid = /** @type {number} */ (system.services['metrics-ingestion'].pid);
  /** @type {number[]} */
  const looks = [];
  const looking = setInterval(() => {
    looks.push(residentMiB(pid));
    if (looks.length % 12 === 0)
      say(`after ${(looks.length * LOOK_EVERY_MS) / 1000} s: ${looks.at(-1)?.toFixed(0)} MiB`);
  }, LOOK_EVERY_MS);
  const [alerts, samples] = await Promise.all([
    storm({ ...loads.alerts, seconds, perSecond: SOAK.alerts }),
    storm({ ...loads.samples, seconds, perSecond: SOAK.samples }),
  ]);
  clearInterval(looking);
  const quarter = Math.max(1, Math.floor(looks.length / 4));
  return {
    seconds,
    alerts,
    samples,
    secondQuarterMiB: quantiles(looks.slice(quarter, 2 * quarter)).p50,
    lastQuarterMiB: quantiles(looks.slice(-quarter)).p50,
    mostMiB: Math.max(...looks),
  };
}

/**
 * Sends from a thread of its own until the time is over.
 * @param {Load} load
 * @returns {Promise<Sent>}
 */
async function storm(load) {
  const worker = new Worker(new URL('./sender.mjs', import.meta.url), { workerData: load });
  /** @type {{ answers: Record<string, number>; times: number[]; seconds: number; records: number }} */
  const { answers, times, seconds, records } = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const accepted = (answers['202'] ?? 0) + (answers['204'] ?? 0);
  return { answers, accepted, seconds, recordsPerSecond: (accepted * records) / seconds, ms: quantiles(times) };
}

/** The result as a page of text. @param {Awaited<ReturnType<typeof doors>>} result */
export function doorsTable({ ways, overload, memory }) {
  const n = (/** @type {number} */ value, digits = 0) =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits }).padStart(14);
  const both = Object.values(ways);
  const row = (/** @type {string} */ name, /** @type {(w: (typeof both)[number]) => string} */ cell) =>
    `${name.padEnd(56)}${both.map(cell).join('')}\n`;
  const processes = Object.keys(ways.alerts.cpu);
  const { sent, stored, after } = overload;
  return (
    `${''.padEnd(56)}${'webhooks'.padStart(14)}${'remote writes'.padStart(14)}\n` +
    row('alerts or samples a second, durable before the answer', (w) => n(w.sent.recordsPerSecond)) +
    row('messages a second', (w) => n(w.sent.accepted / w.sent.seconds)) +
    row('answered after, p50, ms', (w) => n(w.sent.ms.p50)) +
    row('answered after, p99, ms', (w) => n(w.sent.ms.p99)) +
    row('bytes of a stored message', (w) => n(w.bytes)) +
    row('JetStream alone, such messages a second', (w) => n(w.bare)) +
    row('ratio', (w) => n(w.ratio, 2)) +
    row('processor time a message, µs', () => '') +
    processes.map((name) => row(`  ${name}`, (w) => n(w.cpu[name] ?? 0))).join('') +
    `\n${OVERLOAD_CONNECTIONS} senders at once: ${JSON.stringify(sent.answers)}, p50 ${sent.ms.p50.toFixed(0)} ms, p99 ${sent.ms.p99.toFixed(0)} ms; ` +
    `stored ${stored} of ${sent.accepted} answered 202; afterwards ${JSON.stringify(after.answers)} at p99 ${after.ms.p99.toFixed(0)} ms\n` +
    (memory === null
      ? ''
      : `${memory.seconds} s of ${n(memory.alerts.recordsPerSecond).trim()} alerts and ${n(memory.samples.recordsPerSecond).trim()} samples a second: ` +
        `${memory.secondQuarterMiB.toFixed(0)} MiB in the second quarter, ${memory.lastQuarterMiB.toFixed(0)} MiB in the last, ${memory.mostMiB.toFixed(0)} MiB at most\n`)
  );
}
