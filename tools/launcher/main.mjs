#!/usr/bin/env node
import { parseArgs } from 'node:util';

const USAGE = `npm start -- --config DIR [--port PORT] [--state DIR]

Runs Parapet on this machine with your configuration, with PostgreSQL, NATS and Redis of its own.

  --config DIR   the folder of your configuration (examples/config/odoo-retail shows one)
  --port PORT    the port of the console and the API (kept from run to run; chosen when not given)
  --state DIR    where data, ports and passwords are kept (default .parapet/state)
  --help         this text

Environment: DATABASE_URL, NATS_URL (with NATS_USER and NATS_PASSWORD), REDIS_URL name servers of your own.
Exit codes: 0 stopped as asked, 1 could not start or broke, 2 wrong use or wrong configuration.
`;

/** @returns {{ configDir: string; port?: number; stateDir?: string }} */
function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        config: { type: 'string' },
        port: { type: 'string' },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    return refuse(/** @type {Error} */ (cause).message);
  }
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  if (!values.config)
    return refuse(
      '--config is missing: say which configuration to run, for example npm start -- --config examples/config/odoo-retail',
    );
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    return refuse(`--port ${values.port} is not a port: a number from 1 to 65535`);
  return {
    configDir: values.config,
    ...(port === undefined ? {} : { port }),
    ...(values.state ? { stateDir: values.state } : {}),
  };
}

/** @param {string} reason @returns {never} */
function refuse(reason) {
  process.stderr.write(`${reason}\n\n${USAGE}`);
  process.exit(2);
}

const { configDir, port, stateDir } = readArguments();
const say = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`);

let askedToStop = 0;
/** @type {(() => void) | undefined} */
let wakeUp;
const stopAsked = new Promise((resolve) => {
  wakeUp = () => resolve(undefined);
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    askedToStop += 1;
    // Asked again while stopping: end now; the reaper ends what is left.
    if (askedToStop > 1) process.exit(1);
    say('stopping');
    wakeUp?.();
  });
}

const { ConfigurationRefused } = await import('./configuration.mjs');
const { startSystem } = await import('./system.mjs');
try {
  const starting = startSystem({
    configDir,
    say,
    ...(stateDir ? { stateDir } : {}),
    ...(port === undefined ? {} : { ports: { 'release-control': port } }),
  });
  const system = await Promise.race([starting, stopAsked]);
  if (system && typeof system === 'object') {
    say(`\nconsole   ${system.urls.console}`);
    say(`signals   ${system.urls.ingestion}`);
    for (const [tenant, token] of Object.entries(system.tokens)) say(`sign in to ${tenant} with ${token}`);
    say(`logs      ${system.stateDir}/logs\n\nCtrl-C stops everything.`);
    await stopAsked;
    await system.stop();
  } else {
    // Asked to stop while starting: let the start come to its end, then undo it.
    await starting.then((late) => late.stop());
  }
  process.exitCode = 0;
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = cause instanceof ConfigurationRefused ? 2 : 1;
}
