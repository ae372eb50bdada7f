import { freePort } from './ports.mjs';

const ATTEMPTS = 4;

/**
 * Starts something on a free port, and again on another when somebody else took the port in between.
 * @template T
 * @param {number | undefined} port a port that was asked for is never exchanged
 * @param {(port: number) => Promise<T>} start
 * @returns {Promise<T>}
 */
export async function onFreePort(port, start) {
  if (port !== undefined) return await start(port);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (cause) {
      const portWasTaken = /address already in use|another server answers/i.test(String(cause));
      if (!portWasTaken || attempt === ATTEMPTS) throw cause;
    }
  }
}
