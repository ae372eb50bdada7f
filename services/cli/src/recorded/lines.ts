import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { EXIT, Failure } from '../exit.js';

/** A recorded release of a day at a second's interval is a tenth of this; a line beyond it is no release. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** A line of a file, counted from 1, and how much of the file has been read. */
export interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
  /** 0 to 1, of the bytes on disk. */
  readonly share: number;
}

/** The lines of a file one by one, unpacked where its name ends in .gz; empty ones are left out. Holds one line in memory. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let number = 0;
  try {
    const bytes = Math.max(1, statSync(file).size);
    const source = createReadStream(file);
    const content: Readable = file.endsWith('.gz') ? unpacked(source) : source;
    for await (const text of splitLines(content, () => number + 1)) {
      number += 1;
      if (text.trim() !== '') yield { file, number, text, share: Math.min(1, source.bytesRead / bytes) };
    }
  } catch (cause) {
    if (cause instanceof Failure || !isFileTrouble(cause)) throw cause;
    const where = number === 0 ? file : `${file} after line ${number}`;
    throw new Failure(EXIT.usage, `cannot read ${where}: ${cause.message}`, undefined, { cause });
  }
}

function unpacked(source: Readable): Readable {
  const gunzip = createGunzip();
  source.once('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

async function* splitLines(content: Readable, numberOf: () => number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, at)]).toString('utf8');
      [parts, length, from] = [[], 0, at + 1];
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LINE_BYTES_MAX)
      throw new Failure(
        EXIT.usage,
        `line ${numberOf()} is longer than ${LINE_BYTES_MAX} bytes: this is no file with a release a line`,
      );
  }
  if (length > 0) yield Buffer.concat(parts).toString('utf8');
}

/** Errors of the file system and of unpacking have a code; a defect of ours has none. */
function isFileTrouble(cause: unknown): cause is NodeJS.ErrnoException {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string';
}

/** The JSON of a line; what is none is refused with its place. */
export function jsonOf({ file, number, text }: Line): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure(EXIT.usage, `${file}:${number}: not JSON: ${(cause as Error).message}`, undefined, { cause });
  }
}

/** Faults of one line as one refusal, each at its place. */
export function refuse(
  place: string,
  faults: readonly { readonly field: string; readonly problem: string }[],
): Failure {
  const said = faults
    .slice(0, FAULTS_MAX)
    .map(({ field, problem }) => `${place}${field === '' ? '' : ` ${field}`}: ${problem}`);
  const more = faults.length > FAULTS_MAX ? [`and ${faults.length - FAULTS_MAX} more`] : [];
  return new Failure(EXIT.usage, [...said, ...more].join('\n'), { error: 'invalid-record', place, faults });
}

const FAULTS_MAX = 10;
