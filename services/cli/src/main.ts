import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { run } from './run.js';
import type { World } from './world.js';

async function ask(question: string): Promise<string | null> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return null;
  // On stderr: what the command answers goes to stdout and nothing else does.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

const world: World = {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  fetch,
  nowMs: () => Date.now(),
  sleep: async (ms) => {
    await setTimeout(ms);
  },
  ask,
  makeKey: () => `cli-${randomUUID()}`,
};

// A reader that has seen enough (`parapet release list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await run(process.argv.slice(2), world);
