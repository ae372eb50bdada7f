// node bench/releases/generate.mjs --seed N --count N --out FOLDER: labelled releases for `parapet simulate` and `parapet score`.
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { makeRelease } from './release.mjs';

const HELP = `node bench/releases/generate.mjs --seed N --count N --out FOLDER [--good SHARE] [--undecidable SHARE]

Writes releases.jsonl.gz and labels.json: made-up releases of made-up shops, the same ones for the same seed.
`;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    out: { type: 'string' },
    good: { type: 'string', default: '0.45' },
    undecidable: { type: 'string', default: '0.08' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [seed, count, good, undecidable] = [values.seed, values.count, values.good, values.undecidable].map(Number);
const isWrong =
  !Number.isSafeInteger(seed) ||
  !Number.isSafeInteger(count) ||
  count < 1 ||
  !(good >= 0 && undecidable >= 0 && good + undecidable <= 1);
if (values.help || values.out === undefined || isWrong) {
  (values.help ? process.stdout : process.stderr).write(HELP);
  process.exit(values.help ? 0 : 3);
}

mkdirSync(values.out, { recursive: true });
/** @type {string[]} */
const labels = [];
function* lines() {
  for (let number = 0; number < count; number++) {
    const { release, label } = makeRelease(seed, number, { good, undecidable });
    labels.push(JSON.stringify(label));
    yield `${JSON.stringify(release)}\n`;
  }
}
await pipeline(
  Readable.from(lines()),
  createGzip({ level: 4 }),
  createWriteStream(join(values.out, 'releases.jsonl.gz')),
);
writeFileSync(join(values.out, 'labels.json'), `[\n${labels.join(',\n')}\n]\n`);
process.stderr.write(`${count} releases of seed ${seed} in ${values.out}\n`);
