import { readdirSync, readFileSync } from 'node:fs';

const FIXTURES = new URL('./fixtures/', import.meta.url);

/** A body as a real sender wrote it. */
export function recordedBody(file: string): Buffer {
  return readFileSync(new URL(file, FIXTURES));
}

/** All of a door's recorded bodies, by file. */
export function recordedBodies(door: 'remote-write' | 'otlp'): readonly (readonly [file: string, body: Buffer])[] {
  return readdirSync(new URL(`${door}/`, FIXTURES)).map((file) => [file, recordedBody(`${door}/${file}`)]);
}
