import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { record } from '../../../libs/backtest/testing/record.js';
import { TestWorld } from '../test/fake-parapet.js';
import { run } from './run.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-score-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const LABELS = [
  {
    id: 'r1',
    truth: 'good',
    onsetTick: null,
    effects: [],
    detectability: null,
    ordersPerMinute: 100,
    noise: 'iid',
    mode: 'historical',
    tags: [],
  },
  {
    id: 'r2',
    truth: 'degraded',
    onsetTick: 4,
    effects: [{ guardrail: 'order_success' }],
    detectability: 'strong',
    ordersPerMinute: 10,
    noise: 'mild',
    mode: 'concurrent',
    tags: ['late'],
  },
  {
    id: 'r3',
    truth: 'undecidable',
    onsetTick: null,
    effects: [],
    detectability: null,
    ordersPerMinute: 0.1,
    noise: 'iid',
    mode: 'historical',
    tags: [],
  },
];
const RESULTS = [
  { id: 'r1', degradedTick: null, verdict: 'pass', attributed: [] },
  { id: 'r2', degradedTick: 11, verdict: 'degraded', attributed: ['order_success'] },
  { id: 'r3', degradedTick: null, verdict: 'inconclusive', attributed: [] },
];
const WORSE = [
  { ...RESULTS[0], degradedTick: 3, verdict: 'degraded' },
  { ...RESULTS[1], degradedTick: null, verdict: 'inconclusive' },
  RESULTS[2],
];

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const lines = (all: readonly unknown[]) => `${all.map((one) => JSON.stringify(one)).join('\n')}\n`;

async function scored(results: string, more: readonly string[] = [], labels: unknown = LABELS) {
  const world = new TestWorld();
  const code = await run(
    ['score', file('results.jsonl', results), file('labels.json', JSON.stringify(labels)), ...more],
    world,
  );
  return { code, world };
}

describe('parapet score', () => {
  it('prints the rates with their intervals, and the median delay, by kind of release', async () => {
    const { code, world } = await scored(lines(RESULTS));
    expect(code).toBe(0);
    expect(world.out).toMatch(/^3 RELEASES /);
    expect(world.out).toMatch(/false rollbacks +0 of 2, 0 % \(0 % to 84.2 %\)/);
    expect(world.out).toMatch(/missed +0 of 1, 0 % \(0 % to 97.5 %\)/);
    expect(world.out).toMatch(/median delay +2 min/);
    expect(world.out).toMatch(/healthy that passed +1 of 1/);
    expect(world.out).toMatch(
      /DETECTABILITY +RELEASES +FALSE ROLLBACKS +MISSED +MEDIAN DELAY +PASSED\nstrong +1 +– +0 of 1/,
    );
    expect(world.out).toMatch(/ORDERS.*\nup to 1 a minute +1/);
  });

  it('names what went wrong', async () => {
    const { world } = await scored(lines(WORSE));
    expect(world.out).toContain('false rollbacks: r1\n');
    expect(world.out).toContain('missed: r2\n');
  });

  it('answers machines in numbers', async () => {
    const { world } = await scored(lines(RESULTS), ['--json']);
    expect(JSON.parse(world.out)).toMatchObject({
      all: { releases: 3, falseRollbacks: { count: 0, of: 2 }, delayMinutes: { median: 2, low: null } },
      byKind: [
        { by: 'detectability' },
        { by: 'mode' },
        { by: 'noise' },
        { by: 'orders' },
        { by: 'effect' },
        { by: 'tag' },
      ],
    });
  });

  it('shows other results beside', async () => {
    const { code, world } = await scored(lines(RESULTS), ['--compare', file('others.jsonl', lines(WORSE))]);
    expect(code).toBe(0);
    expect(world.out).toMatch(/false rollbacks +0 of 2, .* +1 of 2, 50 %/);
    expect(world.out).toMatch(/missed of .*others.jsonl: r2/);
  });

  it('judges a policy first, to show it beside', async () => {
    const policy = file(
      'other.yaml',
      'apiVersion: parapet.dev/v1\nkind: GuardrailPolicy\nmetadata: { tenant: acme-retail, name: other }\nspec:\n  guardrails:\n    - { name: order-success, signal: odoo.order.success, mode: act, test: { kind: proportion, against: auto } }\n',
    );
    const releases = file('releases.jsonl', lines(['r1', 'r2', 'r3'].map((id) => record({ id }))));
    const { code, world } = await scored(lines(RESULTS), ['--compare', policy, '--releases', releases]);
    expect(code).toBe(0);
    expect(world.out).toMatch(/missed +0 of 1, .* +1 of 1, 100 %/);
    const without = await scored(lines(RESULTS), ['--compare', policy]);
    expect(without.code).toBe(3);
    expect(without.world.err).toMatch(/other.yaml is a policy.*give the recorded releases with --releases FILE/);
  });
});

describe('parapet score refuses', () => {
  it.each<[string, string, unknown, RegExp]>([
    [
      'a result that is none, at its line',
      `${lines(RESULTS.slice(0, 1))}{"id":"r2"}\n`,
      LABELS,
      /results\.jsonl:2 \/verdict: must be pass, degraded, inconclusive/,
    ],
    ['a line that is no JSON', 'x\n', LABELS, /results\.jsonl:1: not JSON/],
    [
      'results that are missing',
      lines(RESULTS.slice(0, 2)),
      LABELS,
      /does not belong to these labels: there is no result for r3/,
    ],
    [
      'labels that are none',
      lines(RESULTS),
      [{ id: 'r1' }],
      /labels\.json \/0\/truth: must be good, degraded, undecidable/,
    ],
  ])('%s', async (_what, results, labels, message) => {
    const { code, world } = await scored(results, [], labels);
    expect(code).toBe(3);
    expect(world.err).toMatch(message);
  });

  it('files that cannot be read', async () => {
    const world = new TestWorld();
    expect(await run(['score', join(folder, 'nowhere.jsonl'), file('labels.json', '[]')], world)).toBe(3);
    expect(await run(['score', file('results.jsonl', ''), join(folder, 'nowhere.json')], world)).toBe(3);
    expect(world.err).toMatch(/cannot read .*nowhere.jsonl.*\ncannot read labels from .*nowhere.json/);
  });
});
