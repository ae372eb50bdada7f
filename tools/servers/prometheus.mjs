import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startServer } from './child.mjs';
import { debianTree, isDebian, libraryPath } from './debian.mjs';
import { onPath, versionOf } from './found.mjs';
import { httpAnswers } from './ports.mjs';
import { onFreePort } from './retry.mjs';

/**
 * Finds Prometheus on PATH or among the distribution's packages.
 * @param {import('./index.d.mts').Say} [say]
 */
export async function findPrometheus(say) {
  return await findOptional({ programs: ['prometheus'], pack: 'prometheus', say });
}

/**
 * Finds Alertmanager on PATH or among the distribution's packages.
 * @param {import('./index.d.mts').Say} [say]
 */
export async function findAlertmanager(say) {
  return await findOptional({
    programs: ['alertmanager', 'prometheus-alertmanager'],
    pack: 'prometheus-alertmanager',
    say,
    resources: '/usr/share/prometheus/alertmanager',
  });
}

/**
 * @param {{ programs: readonly string[]; pack: string; say?: import('./index.d.mts').Say | undefined; resources?: string }} wanted
 * @returns {Promise<import('./index.d.mts').Found | undefined>}
 */
async function findOptional({ programs, pack, say = () => {}, resources }) {
  for (const program of programs) {
    const installed = onPath(program);
    if (installed)
      return {
        how: installed,
        version: versionOf(installed, ['--version'], {}),
        command: installed,
        args: [],
        env: {},
      };
  }
  if (!isDebian()) {
    say(`no ${pack}: not on PATH, and this is not Debian or Ubuntu`);
    return undefined;
  }
  try {
    // Not its dependencies: they are the files of its web pages.
    const tree = await debianTree(pack, { packages: [pack], say });
    const original = join(tree, 'usr/bin', pack);
    const command = resources ? withRelativeResources(original, resources) : original;
    const env = { LD_LIBRARY_PATH: libraryPath(tree) };
    const found = {
      how: `the distribution's package ${pack}`,
      version: versionOf(command, ['--version'], env),
      command,
      args: [],
      env,
    };
    return resources ? { ...found, cwd: join(tree, resources) } : found;
  } catch (cause) {
    say(`no ${pack}: ${cause instanceof Error ? cause.message : String(cause)}`);
    return undefined;
  }
}

/**
 * Makes a copy of a program that looks for its own files in the folder it is started in.
 *
 * Debian's Alertmanager reads its templates from a fixed folder, which exists only where the package is installed.
 * The folder's name in the program is replaced by one of the same length that means "here".
 * @param {string} program
 * @param {string} resources
 */
function withRelativeResources(program, resources) {
  const copy = `${program}-here`;
  if (existsSync(copy)) return copy;
  const bytes = readFileSync(program);
  const here = Buffer.from('./'.repeat(resources.length / 2).padEnd(resources.length, '.'));
  for (let at = bytes.indexOf(resources); at !== -1; at = bytes.indexOf(resources, at + 1)) here.copy(bytes, at);
  // Renamed when whole: several tests may find it missing at once.
  writeFileSync(`${copy}.${process.pid}`, bytes, { mode: 0o755 });
  renameSync(`${copy}.${process.pid}`, copy);
  return copy;
}

/**
 * Starts Prometheus with one scrape configuration and, where given, one file of rules named `rules.yml` beside it.
 * @param {Parameters<typeof import('./index.d.mts').startPrometheus>[0]} start
 * @returns {Promise<import('./index.d.mts').Addressed>}
 */
export async function startPrometheus({ dir, configYaml, rulesYaml, pastOpenMetrics, resendDelay = '1m', port, say }) {
  const found = await findPrometheus(say);
  if (!found) throw new Error('no Prometheus found: install prometheus');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'prometheus.yml'), configYaml);
  if (rulesYaml !== undefined) writeFileSync(join(dir, 'rules.yml'), rulesYaml);
  if (pastOpenMetrics !== undefined) await writePast(found, dir, pastOpenMetrics);
  return await onFreePort(port, async (chosen) => {
    const url = `http://127.0.0.1:${chosen}`;
    const server = await startServer({
      name: 'prometheus',
      command: found.command,
      args: [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--rules.alert.resend-delay=${resendDelay}`,
        `--web.listen-address=127.0.0.1:${chosen}`,
      ],
      env: found.env,
      ...(found.cwd ? { cwd: found.cwd } : {}),
      dir,
      isReady: () => httpAnswers(`${url}/-/ready`),
    });
    return { ...server, url, port: chosen, version: found.version, how: found.how };
  });
}

/**
 * Gives a Prometheus that was not started yet a past, through the program that its makers wrote for it.
 * @param {import('./index.d.mts').Found} found
 * @param {string} dir
 * @param {string} openMetrics
 */
async function writePast(found, dir, openMetrics) {
  const file = join(dir, 'past.txt');
  writeFileSync(file, openMetrics);
  const promtool = join(dirname(found.command), 'promtool');
  const env = { ...process.env, ...found.env };
  await promisify(execFile)(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', file, join(dir, 'data')], { env });
}

/** @param {{ port: number, peers: readonly number[] } | undefined} cluster */
function clusterArgs(cluster) {
  if (cluster === undefined) return ['--cluster.listen-address='];
  const own = `127.0.0.1:${cluster.port}`;
  return [
    `--cluster.listen-address=${own}`,
    `--cluster.advertise-address=${own}`,
    ...cluster.peers.map((port) => `--cluster.peer=127.0.0.1:${port}`),
    // So long each waits for the one before it, and all of them for each other in the beginning.
    '--cluster.peer-timeout=1s',
    '--cluster.settle-timeout=1s',
  ];
}

/**
 * Starts one Alertmanager, which clusters with nobody unless it is told with whom.
 * @param {Parameters<typeof import('./index.d.mts').startAlertmanager>[0]} start
 * @returns {Promise<import('./index.d.mts').Addressed>}
 */
export async function startAlertmanager({ dir, configYaml, port, cluster, say }) {
  const found = await findAlertmanager(say);
  if (!found) throw new Error('no Alertmanager found: install prometheus-alertmanager');
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'alertmanager.yml');
  // Credentials of receivers are in it.
  writeFileSync(file, configYaml, { mode: 0o600 });
  return await onFreePort(port, async (chosen) => {
    const url = `http://127.0.0.1:${chosen}`;
    const server = await startServer({
      name: 'alertmanager',
      command: found.command,
      args: [
        `--config.file=${file}`,
        `--storage.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${chosen}`,
        ...clusterArgs(cluster),
      ],
      env: found.env,
      ...(found.cwd ? { cwd: found.cwd } : {}),
      dir,
      isReady: () => httpAnswers(`${url}/-/ready`),
    });
    return { ...server, url, port: chosen, version: found.version, how: found.how };
  });
}
