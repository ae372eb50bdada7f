import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { record, recordWatching, TICKS } from '../../../libs/backtest/testing/record.js';
import { TestWorld } from '../test/fake-parapet.js';
import { run } from './run.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-simulate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const POLICY = `
apiVersion: parapet.dev/v1
kind: GuardrailPolicy
metadata: { tenant: acme-retail, name: careful }
spec:
  watch: { warmUp: 0ms }
  guardrails:
    - { name: order-success, signal: odoo.order.success, mode: act, test: { kind: proportion, against: auto } }
    - { name: pos-sync-errors, signal: odoo.pos.sync.errors, mode: act, test: { kind: rate, against: auto } }
`;
const WORSE = { failed: Array.from({ length: TICKS }, (_, i) => 100 + (i < 10 ? i : 10 + (i - 10) * 12)) };

function file(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const lines = (records: readonly unknown[]) => `${records.map((one) => JSON.stringify(one)).join('\n')}\n`;
const RELEASES = [
  record(),
  recordWatching(WORSE, { id: 'r2' }),
  recordWatching({ orders: Array(TICKS).fill(null) }, { id: 'r3' }),
];

async function simulated(releases: string, more: readonly string[] = [], world = new TestWorld()) {
  const policy = more.includes('--policy') ? [] : ['--policy', file('policy.yaml', POLICY)];
  const out = join(folder, 'results.jsonl');
  rmSync(out, { force: true });
  const code = await run(['simulate', ...policy, '--releases', releases, '--out', out, ...more], world);
  const results = existsSync(out)
    ? readFileSync(out, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : null;
  return { code, world, results };
}

describe('parapet simulate', () => {
  it('writes one line a release, with its reasons and coverage, and tells what it came to', async () => {
    const { code, world, results } = await simulated(file('releases.jsonl', lines(RELEASES)));
    expect(world.err).toContain('no guardrail judges checkout_latency, which was recorded (first at ');
    expect(code).toBe(0);
    expect(results).toMatchObject([
      { id: 'r1', degradedTick: null, verdict: 'pass', attributed: [], coverage: { judged: 2, required: 2 } },
      {
        id: 'r2',
        verdict: 'degraded',
        attributed: ['order_success'],
        reasons: [{ guardrail: 'order-success', verdict: 'breach' }, {}],
      },
      { id: 'r3', degradedTick: null, verdict: 'inconclusive', attributed: [], reason: 'no-telemetry' },
    ]);
    expect(world.out).toMatch(/3 releases in .* times faster than real time/);
    expect(world.out).toMatch(/careful +1 +1 +1/);
  });

  it('reads a packed file, an unended last line and empty lines alike', async () => {
    const plain = await simulated(file('releases.jsonl', lines(RELEASES)));
    const packed = await simulated(file('releases.jsonl.gz', gzipSync(`\n${lines(RELEASES).trimEnd()}`)));
    expect(packed.results).toEqual(plain.results);
  });

  it('answers machines in numbers', async () => {
    const { world } = await simulated(file('releases.jsonl', lines(RELEASES)), ['--json']);
    expect(JSON.parse(world.out)).toMatchObject({
      releases: 3,
      verdicts: [{ policy: 'careful', pass: 1, degraded: 1, inconclusive: 1 }],
      differences: [],
    });
  });

  it('tells one release in words', async () => {
    const { code, world, results } = await simulated(file('releases.jsonl', lines(RELEASES)), ['--only', 'r2']);
    expect(code).toBe(0);
    expect(results).toHaveLength(1);
    expect(world.out).toMatch(/r2: degraded after \d+ min( \d+ s)?, by order_success/);
    expect(world.out).toMatch(/breach: order-success fell from 99.0 %/);
  });

  it('shows two policies beside each other, and where they differ', async () => {
    const lax = file(
      'lax.yaml',
      POLICY.replaceAll('against: auto', 'against: auto, worseBy: 10, unacceptable: 20').replace('careful', 'lax'),
    );
    const { world } = await simulated(file('releases.jsonl', lines(RELEASES)), ['--compare', lax]);
    expect(world.out).toMatch(/careful +1 +1 +1\nlax +\d+ +0 +\d+/);
    expect(world.out).toMatch(/1 releases judged differently\nRELEASE +CAREFUL +LAX\nr2 +degraded after/);
  });

  it('takes a folder, and the tenant and signals that stand beside the policy', async () => {
    const own = mkdtempSync(join(folder, 'policy-'));
    writeFileSync(join(own, 'policy.yaml'), POLICY.replace('odoo.order.success', 'shop.orders'));
    writeFileSync(
      join(own, 'signals.yaml'),
      `apiVersion: parapet.dev/v1\nkind: SignalSource\nmetadata: { tenant: acme-retail, name: shop }\nspec:\n  kind: samples\n  credentials: [{ env: TOKEN }]\n  environments: [staging]\n  signals: [{ name: shop.orders, unit: orders, badDirection: low, temporality: cumulative }]\n`,
    );
    const { code, results } = await simulated(file('releases.jsonl', lines(RELEASES)), ['--policy', own]);
    expect(code).toBe(0);
    expect(results?.map(({ verdict }) => verdict)).toEqual(['pass', 'degraded', 'inconclusive']);
  });

  it('shows how far it is on a terminal, and only there', async () => {
    const terminal = new TestWorld({}, { isTTY: true });
    terminal.nowMs = () => (terminal.clockMs += 500);
    const releases = file('releases.jsonl', lines(RELEASES));
    await simulated(releases, [], terminal);
    expect(terminal.err).toMatch(/100 % of the file, 3 releases, .* times faster than real time/);
    expect(terminal.err.endsWith('\r\u001b[K')).toBe(true);
    expect((await simulated(releases)).world.err).not.toContain('of the file');
  });
});

describe('parapet simulate refuses', () => {
  const twice = lines([record(), record()]);
  it.each<[string, string, RegExp]>([
    ['a line that is no JSON', `${lines([record()])}{"id":`, /releases\.jsonl:2: not JSON/],
    [
      'a record with faults, all of them',
      lines([{ ...record(), mode: 'x', intervalSec: 0 }]),
      /releases\.jsonl:1 \/intervalSec: .*\n.*releases\.jsonl:1 \/mode: must be/,
    ],
    ['a release that stands twice', twice, /releases\.jsonl:2: release r1 stands already in line 1/],
    ['a file without releases', '\n', /there is no release in/],
    [
      'records that the policy says nothing of',
      lines([record({ guardrails: [{ id: 'disk', kind: 'gauge', value: 'wait' }] })]),
      /no guardrail of policy careful has a name or a signal like any of disk/,
    ],
    [
      'records of another kind',
      lines([record({ guardrails: [{ id: 'order_success', kind: 'gauge', value: 'wait' }] })]),
      /order-success is a proportion test, and order_success was recorded as a gauge/,
    ],
  ])('%s', async (_what, text, message) => {
    const { code, world, results } = await simulated(file('releases.jsonl', text));
    expect(code).toBe(3);
    expect(world.err).toMatch(message);
    // Half of the results would look like all of them.
    expect(results).toBeNull();
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      'a policy with a mistake, at its line',
      POLICY.replace('kind: rate', 'kind: rat'),
      /policy\.yaml:9 \/spec\/guardrails\/1\/test\/kind/,
    ],
    [
      'a policy of an unknown signal',
      POLICY.replace('odoo.order.success', 'odoo.order.sucess'),
      /did you mean "odoo.order.success"/,
    ],
    ['two policies', `${POLICY}---${POLICY.replace('careful', 'bold')}`, /holds 2 policies.*careful.*bold/],
    [
      'no policy',
      'apiVersion: parapet.dev/v1\nkind: Tenant\nmetadata: { name: acme-retail }\nspec: { environments: [{ name: production }] }\n',
      /there is no GuardrailPolicy in/,
    ],
  ])('%s', async (_what, text, message) => {
    const { code, world } = await simulated(file('releases.jsonl', lines(RELEASES)), [
      '--policy',
      file('policy.yaml', text),
    ]);
    expect(world.err).toMatch(message);
    expect(code).toBe(3);
  });

  it('files that cannot be read or written, and a release that is not there', async () => {
    const releases = file('releases.jsonl', lines(RELEASES));
    expect((await simulated(join(folder, 'nowhere.jsonl'))).world.err).toMatch(/cannot read .*nowhere.jsonl/);
    expect((await simulated(file('broken.jsonl.gz', 'not packed'))).world.err).toMatch(/cannot read .*broken.jsonl.gz/);
    expect((await simulated(releases, ['--out', join(folder, 'no', 'results.jsonl')])).world.err).toMatch(
      /cannot write .*results.jsonl/,
    );
    expect((await simulated(releases, ['--only', 'r9'])).world.err).toMatch(/there is no release r9 in/);
  });

  it('nothing for want of a record: it warns, and says what follows', async () => {
    const orders = { id: 'order_success', kind: 'proportion', bad: 'failed', total: 'orders' };
    const { code, world } = await simulated(file('releases.jsonl', lines([record({ guardrails: [orders] })])));
    expect(code).toBe(0);
    expect(world.err).toMatch(/nothing was recorded for guardrail pos-sync-errors.* a pass that requires it cannot be/);
  });

  it('no control that was not recorded', async () => {
    const concurrent = record({ mode: 'concurrent', canaryShare: 0.5 });
    const { world } = await simulated(file('releases.jsonl', lines([concurrent])));
    expect(world.err).toMatch(/\/series\/control/);
  });
});
