// npm run bench: every benchmark, with what it is compared to in the same run. Nothing here asserts a time.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { judgement, judgementTable } from './judgement/main.mjs';
import { judges, main as judgesOnly } from './judges/main.mjs';

const [first, ...rest] = process.argv.slice(2);
if (first === '--judges') {
  await judgesOnly(rest);
  process.exit();
}
const say = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
if (first === '--judgement') {
  const judged = await judgement({ say });
  process.stdout.write(`${rest.includes('--json') ? JSON.stringify(judged, null, 2) : judgementTable(judged)}\n`);
  process.exit();
}
if (first === '--series') {
  const { series, seriesTable } = await import('./series/main.mjs');
  const read = await series({ say });
  process.stdout.write(`${rest.includes('--json') ? JSON.stringify(read, null, 2) : seriesTable(read)}\n`);
  process.exit();
}
if (first === '--doors') {
  const { doors, doorsTable } = await import('./doors/main.mjs');
  const { values: asked } = parseArgs({
    args: rest,
    options: {
      seconds: { type: 'string', default: '30' },
      soak: { type: 'string', default: '600' },
      json: { type: 'boolean', default: false },
    },
  });
  const stormed = await doors({ seconds: Number(asked.seconds), soakSeconds: Number(asked.soak), say });
  process.stdout.write(asked.json ? `${JSON.stringify(stormed, null, 2)}\n` : doorsTable(stormed));
  process.exit();
}
const { values } = parseArgs({
  options: {
    releases: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write(
    'npm run bench -- [--releases N] [--json]\nnpm run bench -- --judges [--json] [--write]\nnpm run bench -- --judgement [--json]\nnpm run bench -- --series [--json]\nnpm run bench -- --doors [--seconds N] [--soak SECONDS] [--json]\n\nTimes an alert from the door to the rollback order, beside bare JetStream hops and PostgreSQL commits.\nJudges labelled releases by our rules and by those of other tools.\nTimes the pure judgement of samples, with few and with many releases watched.\nTimes the reading of remote writes, with few and with all of their series declared.\nStorms the doors with webhooks and remote writes, and holds them to JetStream alone.\n',
  );
  process.exit(0);
}
// Loaded once it is asked for: the judges need neither servers nor services.
const { signalToOrder } = await import('./signal-to-order/main.mjs');
const result = await signalToOrder({ releases: Number(values.releases), say });
const judged = await judges({ say });
const speed = await judgement({ say });
if (values.json) process.stdout.write(`${JSON.stringify({ ...result, judges: judged, judgement: speed }, null, 2)}\n`);
else {
  const ms = (/** @type {number} */ value) => `${value.toFixed(2)} ms`.padStart(12);
  const row = (/** @type {string} */ name, /** @type {{ p50: number; p99: number }} */ { p50, p99 }) =>
    `${name.padEnd(52)}${ms(p50)}${ms(p99)}\n`;
  process.stdout.write(
    `${cpus().length} cores, ${cpus()[0]?.model ?? ''}; ${result.whole.count} releases\n\n${''.padEnd(52)}${'p50'.padStart(12)}${'p99'.padStart(12)}\n` +
      row('alert accepted at the door → rollback ordered', result.whole) +
      row('one JetStream hop (publish, store, deliver)', result.hop) +
      row('one PostgreSQL commit', result.commit) +
      row(`the bare steps on that way (${result.hops} hops, ${result.commits} commits)`, result.bare) +
      `${'ratio'.padEnd(52)}${result.ratio.p50.toFixed(1).padStart(12)}${result.ratio.p99.toFixed(1).padStart(12)}\n`,
  );
  const { tableOf } = await import('./judges/table.ts');
  process.stdout.write(`\n${tableOf(judged)}\n\n${judgementTable(speed)}\n`);
}
