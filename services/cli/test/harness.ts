import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type Answer, type Asked, FakeParapet, type TestWorld, worldOf } from './fake-parapet.js';

/** The Parapet of the present test. */
export let fake: FakeParapet;
/** A folder of the test file's own. */
export let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await fake?.stop();
});

/** Starts a Parapet that answers so, and gives a world that is told where it is. */
export async function parapet(
  answer: (asked: Asked) => Answer,
  terminal: { isTTY?: boolean; columns?: number } = {},
  env: Record<string, string> = {},
): Promise<TestWorld> {
  fake = await FakeParapet.start(answer);
  return worldOf(fake, terminal, env);
}

/** Always the same good answer. */
export const ok = (body: unknown) => (): Answer => ({ status: 200, body });

/** A registration without its components. */
export const START = ['release', 'start', '--name', 'r1', '--workload', 'odoo-retail', '--environment', 'production'];
