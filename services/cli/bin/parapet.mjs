#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);
const isNodeNewEnough = major > 22 || (major === 22 && minor >= 15);

if (!isNodeNewEnough) {
  process.stderr.write(`parapet needs Node 22.15 or newer, this is ${process.versions.node}; run it as: npx parapet\n`);
  process.exitCode = 3;
} else if (!existsSync(fileURLToPath(main))) {
  process.stderr.write('parapet has not been built yet: npm run build\n');
  process.exitCode = 3;
} else {
  await import(main.href);
}
