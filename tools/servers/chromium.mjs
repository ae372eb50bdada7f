import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianTree, isDebian, libraryPath } from './debian.mjs';
import { onPath, versionOf } from './found.mjs';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
// Chromium's own sandbox needs either a setuid helper or rights that containers and root lack; our pages are our own.
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage'];

/**
 * Finds a Chromium for browser tests: named by PARAPET_CHROMIUM, on PATH, or among the distribution's packages.
 * @param {import('./index.d.mts').Say} [say]
 * @returns {Promise<import('./index.d.mts').Found | undefined>}
 */
export async function findChromium(say = () => {}) {
  for (const candidate of [process.env.PARAPET_CHROMIUM, ...PROGRAMS.map(onPath)]) {
    if (candidate)
      return {
        how: candidate,
        version: versionOf(candidate, ['--version', '--no-sandbox'], {}),
        command: candidate,
        args: ARGS,
        env: {},
      };
  }
  if (!isDebian()) {
    say('no chromium: not on PATH, and this is not Debian or Ubuntu');
    return undefined;
  }
  try {
    const tree = await debianTree('chromium', {
      packages: ['chromium', 'chromium-common', 'fonts-dejavu-core'],
      withDependencies: true,
      say,
    });
    const command = join(tree, 'usr/lib/chromium/chromium');
    const env = { LD_LIBRARY_PATH: libraryPath(tree), FONTCONFIG_FILE: fontsOf(tree) };
    return {
      how: "the distribution's package chromium",
      version: versionOf(command, ['--version', '--no-sandbox'], env),
      command,
      args: ARGS,
      env,
    };
  } catch (cause) {
    say(`no chromium: ${cause instanceof Error ? cause.message : String(cause)}`);
    return undefined;
  }
}

/**
 * Fonts are looked for where the package was unpacked and where the system has its own.
 * @param {string} tree
 */
function fontsOf(tree) {
  const file = join(tree, 'fonts.conf');
  if (!existsSync(file)) {
    const folders = [join(tree, 'usr/share/fonts'), '/usr/share/fonts'].map((dir) => `<dir>${dir}</dir>`).join('');
    writeFileSync(
      file,
      `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders}<cachedir>${join(tree, '.fontcache')}</cachedir></fontconfig>\n`,
    );
  }
  return file;
}
