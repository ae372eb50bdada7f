// Ends what its parent started when the parent is gone, even by kill -9: the parent's death closes our standard input.
// Lines in: `watch PID SIGNAL`, `forget PID`, `remove DIR`, `keep DIR`.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const GRACE_MS = 8_000;
const POLL_MS = 50;

/** @type {Map<number, NodeJS.Signals>} */
const watched = new Map();
/** @type {Set<string>} */
const folders = new Set();

// Ctrl-C reaches the whole terminal group; the parent decides the order of stopping, not the terminal.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [verb, subject = '', signal] = line.split('\t');
  if (verb === 'watch') watched.set(Number(subject), /** @type {NodeJS.Signals} */ (signal));
  else if (verb === 'forget') watched.delete(Number(subject));
  else if (verb === 'remove') folders.add(subject);
  else if (verb === 'keep') folders.delete(subject);
});
lines.on('close', () => {
  // Started last, stopped first: services go before the servers they use.
  for (const [pid, signal] of [...watched].reverse()) send(pid, signal);
  const deadlineMs = Date.now() + GRACE_MS;
  const timer = setInterval(() => {
    for (const pid of watched.keys()) if (!send(pid, 0)) watched.delete(pid);
    if (watched.size > 0 && Date.now() < deadlineMs) return;
    for (const pid of watched.keys()) send(-pid, 'SIGKILL');
    clearInterval(timer);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }, POLL_MS);
});

/**
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    // Already gone, which is what is wanted.
    return false;
  }
}
