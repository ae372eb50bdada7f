#!/usr/bin/env node
// Makes a fresh clone ready: packages, build, servers. Runs before `npm start`, `npm test` and `npm run demo`, on Node 20 too.
// Does nothing, in about a second, where everything is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  findAlertmanager,
  findChromium,
  findNats,
  findPostgres,
  findPrometheus,
  findRedis,
  projectDir,
} from '../servers/index.mjs';
import { isInstalled } from './packages.mjs';

const NODE_FLOOR = [20, 0];
/** What the set-up is for: `build`, `start`, `demo`, or `test`, which needs everything. */
const purpose = process.argv[2] ?? 'test';

/** @param {string} line */
function say(line) {
  console.log(`set-up: ${line}`);
}

/** @param {string} reason @returns {never} */
function fail(reason) {
  console.error(`set-up: ${reason}`);
  process.exit(1);
}

/**
 * Runs a program with its output in sight; a failure ends the set-up with one sentence.
 * @param {string} what
 * @param {string} command
 * @param {readonly string[]} args
 */
function step(what, command, args) {
  say(what);
  const path = `${join(projectDir, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
  const { status, error } = spawnSync(command, [...args], {
    cwd: projectDir,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  if (error) fail(`${what} failed: ${error.message}`);
  if (status !== 0) fail(`${what} failed with exit code ${status}; its own words are above`);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = NODE_FLOOR;
  if (major < floorMajor || (major === floorMajor && minor < floorMinor))
    fail(`Node ${process.versions.node} is too old: install Node 20 or newer (https://nodejs.org)`);
}

function packagesAreCurrent() {
  const installedFile = join(projectDir, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const packagesOf = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  return isInstalled(packagesOf(join(projectDir, 'package-lock.json')), packagesOf(installedFile));
}

function installPackages() {
  if (packagesAreCurrent()) return;
  const npm = process.env.npm_execpath;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) step('installing packages (npm ci)', process.execPath, [npm, ...args]);
  else step('installing packages (npm ci)', 'npm', args);
}

function build() {
  // Incremental: what did not change is not built again.
  step('building', join(projectDir, 'node_modules', '.bin', 'tsc'), ['-b']);
  const page = join(projectDir, 'services', 'console-web', 'dist', 'index.html');
  // The console shows words and shapes of the libraries, so a change of theirs is one of its own.
  const newest = Math.max(...['services/console-web', 'libs'].map((folder) => newestIn(join(projectDir, folder))));
  if (existsSync(page) && statSync(page).mtimeMs > newest) return;
  const vite = join(projectDir, 'node_modules', '.bin', 'vite');
  step('building the console', vite, ['build', '--logLevel', 'warn', join(projectDir, 'services', 'console-web')]);
}

/** @param {string} dir @returns {number} */
function newestIn(dir) {
  return Math.max(
    0,
    ...readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !['node_modules', 'dist'].includes(entry.name))
      .map((entry) =>
        entry.isDirectory() ? newestIn(join(dir, entry.name)) : statSync(join(dir, entry.name)).mtimeMs,
      ),
  );
}

async function findServers() {
  if (purpose === 'build') return;
  const isTest = purpose === 'test';
  // Each is fetched once and kept; an address in the environment makes its server unnecessary, though not for tests.
  const needed = [
    isTest || !process.env.DATABASE_URL ? findPostgres : undefined,
    isTest || !process.env.NATS_URL ? findNats : undefined,
    isTest || !process.env.REDIS_URL ? findRedis : undefined,
  ];
  for (const find of needed) await find?.(say);
  if (purpose === 'start') return;
  await findPrometheus(say);
  await findAlertmanager(say);
  if (isTest) await findChromium(say);
}

requireNode();
installPackages();
build();
try {
  await findServers();
} catch (cause) {
  fail(cause instanceof Error ? cause.message : String(cause));
}
