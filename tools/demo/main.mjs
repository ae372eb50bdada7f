// npm run demo: the whole story on this machine.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stateFolder } from '../launcher/state.mjs';
import { isAlive } from '../servers/index.mjs';
import { auditVerify } from './audit.mjs';
import { printer } from './print.mjs';
import { playStory } from './story.mjs';
import { subscribeAsCd } from './subscriber.mjs';
import { startWorld } from './world.mjs';

const USAGE = `npm run demo -- [--once] [--yes] [--reset] [--port PORT] [--no-alerts]

Plays four releases of a sample shop through Parapet, on servers of its own, with nothing installed.

  --once       end after the story; exit code 0 only if every release ended as expected
  --yes        approve the proposal of the story through the API instead of waiting for you
  --reset      clear what earlier runs left, then start
  --port PORT  the port of the console (kept from run to run; chosen when not given)
  --no-alerts  leave Prometheus and Alertmanager out
  --help       this text
`;

/** A person has this long to answer the story's proposal; with --once nobody is expected to sit there. */
const ANSWER_SECONDS = 180;
const ANSWER_SECONDS_ONCE = 20;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
        port: { type: 'string' },
        'no-alerts': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
      throw new Error(`--port ${values.port} is not a port: a number from 1 to 65535`);
    return { ...values, port };
  } catch (cause) {
    process.stderr.write(`${/** @type {Error} */ (cause).message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

const options = readArguments();
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const stateDir = join(stateFolder(undefined), 'demo');
if (options.reset && existsSync(stateDir)) {
  const running =
    existsSync(join(stateDir, 'launcher.pid')) && Number(readFileSync(join(stateDir, 'launcher.pid'), 'utf8'));
  if (running && isAlive(running)) {
    process.stderr.write(`a demo already runs on this state (process ${running}): stop it first\n`);
    process.exit(1);
  }
  rmSync(stateDir, { recursive: true, force: true });
}

const say = printer();
const stopping = new AbortController();
const stopAsked = new Promise((resolve) => stopping.signal.addEventListener('abort', () => resolve(undefined)));
let askedToStop = 0;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    askedToStop += 1;
    // Asked again while stopping: end now; the reaper ends what is left.
    if (askedToStop > 1) process.exit(1);
    say.line('\nstopping');
    stopping.abort(new Error('stopped'));
  });
}

/** @type {import('./world.mjs').World | undefined} */
let world;
try {
  const startedMs = performance.now();
  const starting = startWorld({
    stateDir,
    proposalExpiresSeconds: options.once ? ANSWER_SECONDS_ONCE : ANSWER_SECONDS,
    port: options.port,
    alerts: !options['no-alerts'],
    say: (line) => say.step(line, { seconds: (performance.now() - startedMs) / 1000 }),
  });
  world = await starting;
  stopping.signal.throwIfAborted();
  say.line(`\nconsole   ${world.system.urls.console}`);
  say.line(`sign in   ${world.tokens.person}`);
  const cd = await subscribeAsCd(world.system);
  const outcomes = await playStory(world, { yes: options.yes, say, signal: stopping.signal });

  say.line('\nThe story');
  for (const one of outcomes)
    say.line(
      `  ${one.isExpected ? 'as expected' : 'NOT EXPECTED'}  ${one.title}: ${one.ending} (${one.seconds.toFixed(1)} s)`,
    );
  const heard = await cd.settle(
    outcomes.map((one) => one.release),
    world.tokens.person,
  );
  say.line(`  ${heard.isComplete ? 'as expected' : 'NOT EXPECTED'}  A CD system's durable subscriber: ${heard.words}`);
  const audit = await auditVerify(world);
  say.line(`  ${audit.isIntact ? 'as expected' : 'NOT EXPECTED'}  parapet audit verify: ${audit.words}`);
  process.exitCode = outcomes.every((one) => one.isExpected) && heard.isComplete && audit.isIntact ? 0 : 1;
  if (!options.once) {
    say.line('\nThe shop goes on trading. Ctrl-C stops everything.');
    await stopAsked;
  }
  await cd.close();
} catch (cause) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
    process.exitCode = 1;
  }
} finally {
  await world?.stop();
}
