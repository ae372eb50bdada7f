import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { EvidenceView } from '@parapet/contracts';
import { evidenceNext, evidenceStart, replay, type WatchInput, type WatchSpec } from '@parapet/guardrails';
import { FakeParapet, RELEASE, TestWorld, worldOf } from '../test/fake-parapet.js';
import { run } from './run.js';

const START = Date.parse('2026-11-23T09:00:00Z');

/** A watch of ten minutes with one threshold on the delay of the tills. */
const SPEC: WatchSpec = {
  tenant: 'acme-retail',
  environment: 'production',
  workload: 'odoo-retail',
  release: RELEASE,
  name: 'odoo-pos-2026.11.3',
  scope: null,
  volumes: [],
  startMs: START,
  policy: {
    name: 'checkout',
    revision: 1,
    warmUpMs: 0,
    durationMs: 600_000,
    coverage: 0.75,
    falseRollbackRate: 0.01,
    baselineMs: 3_600_000,
    extendMs: 0,
    recoverWithinMs: 600_000,
  },
  guardrails: [
    {
      guardrail: {
        name: 'pos-sync-delay',
        signal: 'odoo.pos.sync.delay',
        where: {},
        test: {
          kind: 'threshold',
          direction: 'above',
          enter: 60,
          leave: 30,
          forMs: 60_000,
          keepMs: 0,
          maxGapMs: 120_000,
        },
        mode: 'act',
        weight: 1,
        isRequired: true,
        staleAfterMs: 120_000,
      },
      signal: { unit: 'seconds', badDirection: 'high', intervalMs: 30_000, latenessMs: 120_000 },
      baselines: [],
    },
  ],
};

const INPUTS: readonly WatchInput[] = [
  { kind: 'phase', clockMs: START, phase: 'live', atMs: START },
  ...Array.from({ length: 10 }, (_, i): WatchInput => {
    const atMs = START + (i + 1) * 30_000;
    const observation = {
      signal: 'odoo.pos.sync.delay',
      dimensions: {},
      fromMs: atMs - 30_000,
      atMs,
      value: { kind: 'gauge' as const, value: 90 + i },
    };
    return { kind: 'observation', clockMs: atMs + 1000, observation };
  }),
];

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What Parapet keeps: the inputs numbered, and what was said with the address of its evidence added. */
const EVIDENCE: EvidenceView = {
  release: RELEASE,
  spec: SPEC,
  inputs: INPUTS.map((input, i) => ({ n: i + 1, clock: '', input })),
  verdicts: replay(SPEC, INPUTS).map(({ n, said }) => ({
    n,
    verdict: { ...said, evidence: { href: '/evidence', sha256: 'ab' } },
  })),
  next: null,
  digest: {
    inputs: INPUTS.length,
    sha256: INPUTS.reduce((chain, input) => evidenceNext(chain, input, sha256), evidenceStart(SPEC, sha256)),
  },
};

let folder: string;
let fake: FakeParapet | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

function fileOf(evidence: unknown): string {
  const file = join(folder, 'evidence.json');
  writeFileSync(file, JSON.stringify(evidence));
  return file;
}

async function replayed(evidence: unknown, ...more: string[]): Promise<{ code: number; world: TestWorld }> {
  const world = new TestWorld();
  return { code: await run(['replay', '--file', fileOf(evidence), ...more], world), world };
}

describe('parapet replay', () => {
  it('judges again from the evidence alone, and ends 0 where the same was said', async () => {
    const { code, world } = await replayed(EVIDENCE);
    expect(world.out).toMatch(/pending → fail/);
    expect(world.out).toContain(`bit for bit what was said, from 11 inputs, SHA-256 ${EVIDENCE.digest?.sha256}`);
    expect(code).toBe(0);
  });

  it('puts the pages together, and keeps them in a file for later', async () => {
    fake = await FakeParapet.start(({ query }) => {
      const after = Number(query['after'] ?? 0);
      const inputs = EVIDENCE.inputs.filter(({ n }) => n > after).slice(0, 4);
      const upTo = inputs.at(-1)?.n ?? after;
      const verdicts = EVIDENCE.verdicts.filter(({ n }) => n > after && n <= upTo);
      return { status: 200, body: { ...EVIDENCE, inputs, verdicts, next: upTo < INPUTS.length ? String(upTo) : null } };
    });
    const saved = join(folder, 'saved.json');
    const world = worldOf(fake);
    expect(await run(['replay', RELEASE, '--save', saved, '--json'], world)).toBe(0);
    expect(JSON.parse(world.out)).toMatchObject({ release: RELEASE, inputs: 11, isSame: true, differences: [] });
    expect(fake.asked.map(({ path }) => path)).toEqual(Array(3).fill(`/v1/releases/${RELEASE}/evidence`));
    const kept = JSON.parse(readFileSync(saved, 'utf8')) as EvidenceView;
    expect({ ...kept, next: null }).toEqual(EVIDENCE);
    expect((await replayed(kept)).code).toBe(0);
  });

  const [first] = EVIDENCE.verdicts;
  it.each<[string, Partial<EvidenceView>]>([
    [
      'another verdict was said',
      {
        verdicts: [
          { ...first, n: first?.n ?? 0, verdict: { ...(first?.verdict as object), to: 'pass' } },
          ...EVIDENCE.verdicts.slice(1),
        ],
      },
    ],
    ['it was said after another input', { verdicts: EVIDENCE.verdicts.map((one) => ({ ...one, n: one.n + 1 })) }],
    ['something was never said', { verdicts: [] }],
    ['something was said beyond what follows', { verdicts: [...EVIDENCE.verdicts, ...EVIDENCE.verdicts] }],
    [
      'an input was changed',
      {
        inputs: EVIDENCE.inputs.map((one) =>
          one.n < 2
            ? one
            : {
                ...one,
                input: {
                  ...(one.input as { observation: object }),
                  observation: {
                    ...(one.input as { observation: object }).observation,
                    value: { kind: 'gauge', value: 1 },
                  },
                },
              },
        ),
      },
    ],
  ])('ends 1 where %s', async (_what, change) => {
    const { code, world } = await replayed({ ...EVIDENCE, ...change });
    expect(code).toBe(1);
    expect(world.out).toMatch(/of what was said differ/);
  });

  it('names the first difference: after which input, in which member, and both values', async () => {
    const verdict = { ...(first?.verdict as { guardrails: object[] }) };
    const guardrails = [{ ...verdict.guardrails[0], observed: 17 }];
    const { code, world } = await replayed({
      ...EVIDENCE,
      verdicts: [{ n: first?.n ?? 0, verdict: { ...verdict, guardrails } }, ...EVIDENCE.verdicts.slice(1)],
    });
    expect(code).toBe(1);
    expect(world.out).toMatch(
      new RegExp(`first difference: input ${first?.n} at /guardrails/0/observed\n.*17\n.*9\\d`),
    );
    expect(world.out).not.toContain('bit for bit');
  });

  it('ends 1 where the evidence is not what was judged, although the same follows from it', async () => {
    const inputs = EVIDENCE.inputs.map((one) =>
      one.n === 1 ? { ...one, input: { ...(one.input as object), atMs: START + 1 } } : one,
    );
    const { code, world } = await replayed({ ...EVIDENCE, inputs });
    expect(code).toBe(1);
    expect(world.out).toContain('this is not the evidence that was judged');
    expect(world.out).toContain(EVIDENCE.digest?.sha256);
  });

  it('says no more than it knows where the digest was not kept, or is of inputs that are not here', async () => {
    const { digest: _, ...before } = EVIDENCE;
    for (const evidence of [before, { ...EVIDENCE, digest: { inputs: 12, sha256: 'ab' } }]) {
      const { code, world } = await replayed(evidence);
      expect(code).toBe(0);
      expect(world.out).toContain('the same as was said, from 11 inputs; the digest of the evidence is not known');
    }
  });

  it('judges again what it was told of traffic, controls and other releases', async () => {
    const releases = [
      { release: 'rel_2', name: 'pos-2', workload: 'pos', startMs: START + 1, endedAtMs: null, scope: null },
    ];
    const told: readonly WatchInput[] = [{ kind: 'surroundings', clockMs: START, releases }, ...INPUTS];
    const chain = told.reduce((digest, input) => evidenceNext(digest, input, sha256), evidenceStart(SPEC, sha256));
    const { code, world } = await replayed({
      ...EVIDENCE,
      inputs: told.map((input, i) => ({ n: i + 1, clock: '', input })),
      verdicts: replay(SPEC, told).map(({ n, said }) => ({ n, verdict: said })),
      digest: { inputs: told.length, sha256: chain },
    });
    expect(code).toBe(0);
    expect(world.out).toContain('bit for bit what was said, from 12 inputs');
  });

  it.each<[string, Partial<EvidenceView>, RegExp]>([
    [
      'nothing was watched',
      { spec: null, inputs: [], verdicts: [] },
      /cannot be judged again: it has not been watched/,
    ],
    [
      'an input is missing',
      { inputs: EVIDENCE.inputs.filter(({ n }) => n !== 5) },
      /cannot be judged again: input 5 is missing/,
    ],
  ])('ends 2 where %s: evidence with a hole proves nothing', async (_what, change, message) => {
    const { code, world } = await replayed({ ...EVIDENCE, ...change });
    expect(code).toBe(2);
    expect(world.err).toMatch(message);
  });

  it('ends 3 without a release or a readable file', async () => {
    const world = new TestWorld();
    expect(await run(['replay'], world)).toBe(3);
    expect(await run(['replay', '--file', join(folder, 'nowhere.json')], world)).toBe(3);
    expect(world.err).toMatch(/which release\?.*\ncannot read evidence from .*nowhere.json/);
  });
});
