// What the processes of a running system take: processor time and memory, as the kernel counts them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ticks of the kernel's clock a second, as Linux tells programs. */
const TICKS = 100;

/**
 * Processor time so far in seconds, by name; that of PostgreSQL with all its backends.
 * @param {import('../../tools/launcher/system.d.mts').System} system
 * @param {string} dir where its servers keep their pid files
 * @returns {Record<string, number>}
 */
export function processorSeconds(system, dir) {
  const services = Object.entries(system.services).map(([name, { pid }]) => [
    name,
    pid === undefined ? 0 : ticksOf(pid),
  ]);
  const pidOf = (/** @type {string} */ name) =>
    Number(readFileSync(join(dir, name, `${name}.pid`), 'utf8').split('\n', 1)[0]);
  const own = process.cpuUsage();
  return Object.fromEntries([
    ...services.map(([name, ticks]) => [name, Number(ticks) / TICKS]),
    ...['nats', 'redis'].map((name) => [name, ticksOf(pidOf(name)) / TICKS]),
    ['postgres', childrenOf(pidOf('postgres')).reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS],
    ['the senders', (own.user + own.system) / 1e6],
  ]);
}

/** @param {number} pid */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number);
}

/** @param {number} pid */
function parentOf(pid) {
  try {
    return Number(fieldsOf(pid)[1]);
  } catch {
    return 0;
  }
}

/** What the kernel says of a process, from its state on. @param {number} pid */
function fieldsOf(pid) {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
}

/** A process's ticks in user and in system mode; 0 for one that has gone. @param {number} pid */
function ticksOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

/**
 * Microseconds of processor time a message, by name.
 * @param {Record<string, number>} before
 * @param {Record<string, number>} after
 * @param {number} messages
 */
export function perMessage(before, after, messages) {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [
      name,
      Math.round((Math.max(0, seconds - (before[name] ?? 0)) / messages) * 1e6),
    ]),
  );
}

/** Resident memory of a process in MiB. @param {number} pid */
export function residentMiB(pid) {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}
