import { execFile, execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Looks a program up as a shell would.
 * @param {string} program
 * @returns {string | undefined} its whole path
 */
export function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder || '.', program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Tells whether a Docker engine answers, and not merely whether its command is there. */
export async function dockerAnswers() {
  if (!onPath('docker')) return false;
  try {
    await execute('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * The version a program tells about itself.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} env
 */
export function versionOf(command, args, env) {
  const said = execFileSync(command, [...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const version = /(\d+\.\d+(?:\.\d+)?)/.exec(said)?.[1];
  if (!version) throw new Error(`cannot tell the version of ${command}: it said ${JSON.stringify(said.slice(0, 200))}`);
  return version;
}

/**
 * Compares versions by their first two numbers.
 * @param {string} version
 * @param {string} floor
 */
export function isAtLeast(version, floor) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = floor.split('.').map(Number);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}
