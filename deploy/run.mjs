// The image's entry: runs the service named by the first argument, or `prepare`, with tracing loaded before anything else.
import { existsSync, readdirSync } from 'node:fs';

const services = new URL('../services/', import.meta.url);
const [name = ''] = process.argv.splice(2, 1);
const entries = readdirSync(services).filter((service) => existsSync(new URL(`${service}/dist/main.js`, services)));

if (name === 'prepare') {
  await import('../tools/launcher/prepare.mjs');
} else if (entries.includes(name)) {
  const tracing = new URL('../libs/telemetry/dist/tracing.js', import.meta.url);
  if (existsSync(tracing)) await import(tracing.href);
  await import(new URL(`${name}/dist/main.js`, services).href);
} else {
  console.error(`no service "${name}": the first argument is one of ${entries.join(', ')}, prepare`);
  process.exitCode = 2;
}
