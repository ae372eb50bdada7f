#!/usr/bin/env node
// Completes package-lock.json with the optional packages of platforms that the registry at hand lacks.
//
// npm leaves them out of the lock when it cannot see them, and `npm ci` then refuses the whole lock. A stub with the version and
// the platform is enough: it is only ever installed on that platform, and there from the registry.
//
//   node tools/lock-complete.mjs          completes the lock
//   node tools/lock-complete.mjs --check  fails where it is incomplete
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
/** How packages name a processor, and how npm does. */
const PROCESSORS = {
  arm64: 'arm64',
  aarch64: 'arm64',
  armv7: 'arm',
  arm: 'arm',
  x64: 'x64',
  x86_64: 'x64',
  ia32: 'ia32',
  x86: 'ia32',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
};

/**
 * The entries that a lock should have and has not.
 * @param {Record<string, { version?: string; optionalDependencies?: Record<string, string> }>} packages
 * @returns {Record<string, object>}
 */
export function missingEntries(packages) {
  /** @type {Record<string, object>} */
  const missing = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isResolved(packages, path, name)) continue;
      if (!/^\d+\.\d+\.\d+/.test(range))
        throw new Error(
          `${path} asks for ${name}@${range}, which is no exact version: it must be locked by a registry that has it`,
        );
      missing[`node_modules/${name}`] = { version: range, optional: true, ...platformOf(name) };
    }
  }
  return missing;
}

/**
 * @param {Record<string, unknown>} packages
 * @param {string} from
 * @param {string} name
 */
function isResolved(packages, from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    if (packages[`${base ? `${base}/` : ''}node_modules/${name}`]) return true;
    if (base === '') return false;
  }
}

/**
 * The platform that a package's name tells.
 * @param {string} name
 */
export function platformOf(name) {
  const words = name.replace(/^@[^/]+\//, '').split(/[-./]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.map((word) => /** @type {Record<string, string>} */ (PROCESSORS)[word]).find(Boolean);
  if (!os && cpu !== 'wasm32')
    throw new Error(`cannot tell the platform of ${name} from its name: lock it by a registry that has it`);
  const isMusl = words.some((word) => word === 'musl' || word === 'musleabihf');
  const isGlibc = words.some((word) => word === 'gnu' || word === 'gnueabihf');
  return {
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(os ? { os: [os] } : {}),
    ...(os === 'linux' && (isMusl || isGlibc) ? { libc: [isMusl ? 'musl' : 'glibc'] } : {}),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = readFileSync(LOCK, 'utf8');
  const lock = JSON.parse(text);
  const missing = missingEntries(lock.packages);
  const names = Object.keys(missing);
  if (process.argv.includes('--check')) {
    if (names.length > 0) {
      console.error(
        `package-lock.json lacks ${names.length} optional packages (${names.slice(0, 3).join(', ')} …), so npm ci would refuse it: run node tools/lock-complete.mjs`,
      );
      process.exit(1);
    }
  } else if (names.length > 0) {
    const { '': root, ...others } = { ...lock.packages, ...missing };
    const rest = Object.entries(others);
    rest.sort(([a], [b]) => a.localeCompare(b, 'en'));
    lock.packages = { '': root, ...Object.fromEntries(rest) };
    writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`added ${names.length} optional packages to package-lock.json`);
  }
}
