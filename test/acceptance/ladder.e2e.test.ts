import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GuardrailView, LintView, MarkView } from '@parapet/contracts';
import { beginRelease } from '../../tools/demo/release.mjs';
import { parapet } from './parapet.js';
import { CODE, follow, type OwnWorld, ownWorld, typeOf } from './story.js';

describe('guardrails of a real shop earn what they may do', () => {
  let own: OwnWorld;
  beforeAll(async () => {
    own = await ownWorld({ alerts: false });
  }, 180_000);
  afterAll(async () => {
    await own?.stop();
  }, 60_000);

  const guardrails = async () =>
    ((await parapet(own, ['guardrails', 'list', '--json'])).json as { readonly items: readonly GuardrailView[] }).items;

  it('lint finds nothing wrong with the shop’s own configuration, and says what it can see', async () => {
    const { status, json, stderr } = await parapet(own, ['lint', '-f', join(own.stateDir, 'config'), '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { problems, guardrails: linted } = json as LintView;
    expect(problems).toEqual([]);
    const counted = linted.filter(
      ({ policy, guardrail }) => policy === 'shop-floor' && guardrail !== 'stock-update-delay',
    );
    expect(counted.map(({ guardrail }) => guardrail)).toEqual(['order-success', 'pos-sync-errors']);
    for (const one of counted) {
      expect(one).toMatchObject({
        state: 'ok',
        selfTest: expect.stringMatching(/^saw .*, and nothing without a fault$/),
      });
      expect(one.power).toMatch(
        /^sees a (fall|rise) of two points .*the smallest ratio that a watch of 40 s can confirm is|^sees .* has too few bad events/,
      );
    }
  }, 120_000);

  it('with the first release those that saw an injected fault in their own history may act', async () => {
    expect((await guardrails()).map(({ data }) => data.returns)).not.toContain(false);
    const release = await beginRelease({ ...own, version: '2.4.1', criticality: 'high', steps: CODE });
    const shown = (await guardrails()).filter(({ policy, declared }) => policy === 'shop-floor' && declared === 'act');
    expect(shown.map(({ guardrail, mode, why, proof }) => ({ guardrail, mode, why, by: proof?.by }))).toEqual(
      ['order-success', 'pos-sync-errors'].map((guardrail) => ({ guardrail, mode: 'act', why: null, by: 'self-test' })),
    );
    const story = await follow(
      own.person,
      release.id,
      (event) => typeOf(event) === 'verdict.changed' && event.data.final === true,
      { withinMs: 240_000 },
    );
    expect(story.at(-1)?.data.to).toBe('pass');

    const marked = await parapet(own, [
      'verdict',
      'mark',
      release.id,
      '--right',
      '--reason',
      'the shop traded on',
      '--json',
    ]);
    expect(marked.status).toBe(0);
    expect((marked.json as { readonly items: readonly MarkView[] }).items).toMatchObject([
      { right: true, reason: 'the shop traded on', by: 'on-call' },
    ]);
  }, 300_000);
});
