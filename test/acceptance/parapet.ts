import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { OwnWorld } from './story.js';

const PARAPET = join(import.meta.dirname, '..', '..', 'services', 'cli', 'bin', 'parapet.mjs');

/** Runs the command `parapet` as a person of the world would; `json` is what it printed, where that is JSON. */
export async function parapet(
  own: OwnWorld,
  args: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string; json: unknown }> {
  const child = spawn(process.execPath, [PARAPET, ...args], {
    env: {
      ...process.env,
      PARAPET_URL: own.world.system.urls.console,
      PARAPET_TOKEN: own.world.tokens.person,
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    json = undefined;
  }
  return { status, stdout, stderr, json };
}
