import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Step, transcriptOf } from './transcript.js';

const folder = new URL('.', import.meta.url);
const scenarios = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
const isWriting = process.env['GOLDEN'] === 'write';

function read(file: string): string | null {
  try {
    return readFileSync(new URL(file, folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

describe('the stories read as they were reviewed', () => {
  test.each(scenarios)('%s', (file) => {
    const steps = (read(file) ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as Step);
    const written = file.replace(/\.jsonl$/, '.txt');
    const transcript = transcriptOf(steps);
    if (isWriting) writeFileSync(new URL(written, folder), transcript);
    // A missing transcript is null here and fails: `npm run golden` writes it, and its diff is read like code.
    expect(read(written)).toBe(transcript);
  });

  test('there are stories, and no transcript without one', () => {
    expect(scenarios.length).toBeGreaterThan(0);
    const transcripts = readdirSync(folder).filter((file) => file.endsWith('.txt'));
    expect(transcripts.filter((file) => !scenarios.includes(file.replace(/\.txt$/, '.jsonl')))).toEqual([]);
  });
});
