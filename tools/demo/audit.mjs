// The command that an auditor runs: every row of the journal, its chain recomputed outside the system.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { projectDir } from '../servers/index.mjs';

/**
 * Runs `parapet audit verify` as the person of the story.
 * @param {import('./world.d.mts').World} world
 * @returns {Promise<{ isIntact: boolean; words: string }>}
 */
export function auditVerify(world) {
  const env = {
    ...process.env,
    PARAPET_URL: world.system.urls.console,
    PARAPET_TOKEN: world.tokens.person,
    NO_COLOR: '1',
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(projectDir, 'services', 'cli', 'bin', 'parapet.mjs'), 'audit', 'verify'],
      { env },
      (cause, stdout, stderr) => {
        const words = `${stdout}${stderr}`.trim().split('\n')[0] ?? '';
        resolve({ isIntact: cause === null, words: words === '' ? String(cause) : words });
      },
    );
  });
}
