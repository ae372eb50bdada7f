import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Score, ScoreCard } from '@parapet/backtest';
import { TestWorld } from '../test/fake-parapet.js';
import { run } from './run.js';

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const POLICY = path('examples/policies/odoo-retail.yaml');
const RELEASES = path('test/fixtures/releases/releases.jsonl.gz');
const LABELS = path('test/fixtures/releases/labels.json');
/** Sixty watched hours take seconds; a machine that is busy with other tests is given more. */
const PATIENCE_MS = 240_000;

let folder: string;
let results: string;
let card: ScoreCard;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-labelled-'));
  results = join(folder, 'results.jsonl');
  const world = new TestWorld();
  const code = await run(['simulate', '--policy', POLICY, '--releases', RELEASES, '--out', results], world);
  // No warning either: the policy judges everything that was recorded, and nothing else.
  expect({ code, err: world.err }).toEqual({ code: 0, err: '' });
  const scored = new TestWorld();
  expect(await run(['score', results, LABELS, '--json'], scored)).toBe(0);
  card = JSON.parse(scored.out) as ScoreCard;
}, PATIENCE_MS);
afterAll(() => rmSync(folder, { recursive: true }));

function level(name: string): Score {
  const found = card.byKind.find(({ by }) => by === 'detectability')?.kinds.find(([kind]) => kind === name)?.[1];
  if (found === undefined) throw new Error(`no ${name} degradation among the labelled releases`);
  return found;
}

/** The recommended policy, false rollback rate 1 %, on the labelled releases (statistics 14). */
describe('the recommended policy on the labelled releases', () => {
  it('rolls nothing back that is not degraded, and nothing before it is', () => {
    expect(card.all.releases).toBe(60);
    expect(card.all.falseRollbackIds).toEqual([]);
    expect(card.all.prematureIds).toEqual([]);
  });

  it('misses at most one in twenty strong degradations, and says so within minutes', () => {
    const { missed, delayMinutes } = level('strong');
    expect(missed.rate).toBeLessThanOrEqual(0.05);
    expect(delayMinutes.median).toBeLessThanOrEqual(9);
    expect(delayMinutes.p90).toBeLessThanOrEqual(20);
  });

  it('misses at most half of the moderate ones', () => {
    expect(level('moderate').missed.rate).toBeLessThanOrEqual(0.5);
  });

  it('passes nothing that cannot be known, and hardly anything that is degraded', () => {
    expect(card.all.passOnUndecidable.count).toBe(0);
    expect(card.all.passOnDegraded.rate).toBeLessThanOrEqual(0.07);
  });

  it('passes three in four of the healthy ones', () => {
    expect(card.all.goodPassed.rate).toBeGreaterThanOrEqual(0.75);
  });

  it('blames what is to blame', () => {
    expect(card.all.attributed.rate).toBeGreaterThanOrEqual(0.95);
  });

  it('says of each release why', () => {
    const lines = readFileSync(results, 'utf8').trim().split('\n');
    for (const line of lines) {
      const { verdict, reason, reasons } = JSON.parse(line) as {
        verdict: string;
        reason: string | null;
        reasons: readonly { readonly verdict: string; readonly words: string }[];
      };
      expect(reason === null).toBe(verdict !== 'inconclusive');
      // Of what is still pending when something else has failed there may be nothing to say yet.
      const said = reasons.filter((one) => one.verdict !== 'pending' || verdict !== 'degraded');
      expect(said.map(({ words }) => words).filter((words) => words === '')).toEqual([]);
    }
  });
});
