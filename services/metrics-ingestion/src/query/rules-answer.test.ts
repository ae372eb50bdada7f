import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Configuration, SignalSource } from '@parapet/policy';
import fc from 'fast-check';
import { readRules, type RulesAsked } from './rules-answer.js';
import { rulesFor } from './rules-for.js';

const recorded = (name: string) =>
  readFileSync(new URL(`../../../../test/fixtures/prometheus-api/${name}`, import.meta.url), 'utf8');
const at = (text: string) => Date.parse(text);
const LAST = '2026-11-23T00:11:43.345Z';
const OUR_NOW = at('2026-11-23T09:00:00Z');

const reply = (body: string, sentAtMs: number | null = at('2026-11-23T00:11:44Z')) => ({ status: 200, body, sentAtMs });
const asked = (more: Partial<RulesAsked> = {}): RulesAsked => ({
  alerts: reply(recorded('alerts-firing.json')),
  rules: reply(recorded('rules.json')),
  askedAtMs: OUR_NOW,
  externalLabels: {},
  ...more,
});

const RULE = {
  name: 'OrdersFail',
  type: 'alerting',
  health: 'ok',
  lastEvaluation: LAST,
  labels: { severity: 'critical', team: '{{ $labels.team }}' },
  alerts: [] as object[],
};
const alert = (state: string, labels: object = {}) => ({
  state,
  labels: { alertname: 'OrdersFail', severity: 'critical', ...labels },
});
const rulesBody = (...rules: object[]) =>
  reply(JSON.stringify({ status: 'success', data: { groups: [{ interval: 15, rules }] } }));
const alertsBody = (...alerts: object[]) => reply(JSON.stringify({ status: 'success', data: { alerts } }));

describe('what the rules of a Prometheus say', () => {
  it('recorded: each rule with what it holds', () => {
    const { rules } = readRules(asked());
    expect(
      rules?.map(({ name, isHealthy, intervalMs, alerts }) => [
        name,
        isHealthy,
        intervalMs,
        alerts.map(({ state }) => state),
      ]),
    ).toEqual([
      ['OdooHttpErrorRatioHigh', true, 2_000, ['firing']],
      ['OdooRequestLatencyHigh', true, 2_000, ['firing']],
      ['PosOrdersMissing', true, 2_000, []],
      ['Watchdog', true, 2_000, ['firing']],
    ]);
    expect(rules?.[0]?.labels).toEqual({ guardrail: 'http-error-ratio', lab: 'e2e', severity: 'critical' });
  });

  it('recorded: with its external label an alert has the fingerprint that Alertmanager gave it', () => {
    const { rules } = readRules(asked({ externalLabels: { cluster: 'retail-eu', severity: 'never over an own one' } }));
    expect(rules?.slice(0, 2).flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint))).toEqual([
      '82f77808e8fe8205',
      '7d3ec5751a4a97ad',
    ]);
  });

  it('is told by our clock, however wrong the other one is, and never later than it was', () => {
    const [rule] = readRules(asked()).rules ?? [];
    // 0.655 s old by its own clock, whose stamp may be up to 0.999 s older than it says.
    expect(OUR_NOW - (rule?.evaluatedAtMs ?? 0)).toBe(655 + 999);
    const undated = readRules(asked({ rules: reply(recorded('rules.json'), null) })).rules?.[0];
    expect(undated?.evaluatedAtMs).toBe(at(LAST));
  });

  it.each<[string, object, object]>([
    ['a rule that fails is not healthy', { health: 'err' }, { isHealthy: false }],
    [
      'nor is one that was not tried yet',
      { health: 'unknown', lastEvaluation: '0001-01-01T00:00:00Z' },
      { isHealthy: false, evaluatedAtMs: null },
    ],
    [
      'nor one that holds more than can be carried',
      { alerts: Array.from({ length: 100 }, (_, i) => alert('firing', { i: `${i} ${'x'.repeat(3_000)}` })) },
      { isHealthy: false, alerts: [] },
    ],
    ['labels made from a template are not known', {}, { labels: { severity: 'critical' } }],
  ])('%s', (_, more, expected) => {
    expect(readRules(asked({ alerts: alertsBody(), rules: rulesBody({ ...RULE, ...more }) })).rules?.[0]).toMatchObject(
      expected,
    );
  });

  it.each<[string, readonly object[], readonly object[], readonly string[]]>([
    ['both answers say that it fires', [alert('firing')], [alert('firing')], ['firing']],
    ['it was over when the rules were asked', [alert('firing')], [], ['pending']],
    ['it began in between', [], [alert('firing')], ['pending']],
    ['it fires only since', [alert('pending')], [alert('firing')], ['pending']],
    ['an alert of another rule', [alert('firing', { severity: 'warning' })], [], []],
  ])('an alert is firing where both answers agree: %s', (_, inAlerts, inRule, states) => {
    const answer = readRules(asked({ alerts: alertsBody(...inAlerts), rules: rulesBody({ ...RULE, alerts: inRule }) }));
    expect(answer.rules?.[0]?.alerts.map(({ state }) => state)).toEqual(states);
  });

  it.each([
    ['alerts: HTTP 503', { alerts: { ...reply(''), status: 503 } }],
    ['rules: HTTP 200', { rules: reply('<html>') }],
    ['rules: HTTP 302', { rules: { ...reply('{"status":"success"}'), status: 302 } }],
  ])('nothing where somebody else answers: %s', (problem, more) => {
    expect(readRules(asked(more))).toEqual({ rules: null, problem });
  });

  it('whatever they are told by whoever it is, they never crash', () => {
    const keys = fc.constantFrom('alerts', 'groups', 'rules', 'labels', 'lastEvaluation', 'interval', 'x');
    const anything = fc
      .object({ key: keys, maxDepth: 5 })
      .map((data) => reply(JSON.stringify({ status: 'success', data })));
    fc.assert(
      fc.property(anything, anything, (alerts, rules) => {
        expect(readRules(asked({ alerts, rules })).problem).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('recording rules are none', () => {
    const rules = rulesBody({ type: 'recording', name: 'a', health: 'ok' }, {}, RULE);
    expect(readRules(asked({ alerts: alertsBody(), rules })).rules?.map(({ name }) => name)).toEqual(['OrdersFail']);
  });
});

describe('the rules that matter', () => {
  const source = {
    name: 'am',
    environments: ['production', 'staging'],
    heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 1, isRequired: true },
  } as unknown as SignalSource;
  const looking = (label: string, value: string, sources: readonly string[] = []) =>
    ({
      guardrailPolicies: [
        { guardrails: [{ test: { kind: 'alerts', matchers: [{ label, operator: '=', value }], sources } }] },
      ],
    }) as unknown as Configuration;
  const names = (environment: string, configuration: Configuration) =>
    rulesFor(readRules(asked()).rules ?? [], environment, source, configuration).map(({ name }) => name);

  it.each<[string, string, Configuration, readonly string[]]>([
    [
      'those that a guardrail may look at',
      'production',
      looking('severity', 'critical'),
      ['OdooHttpErrorRatioHigh', 'PosOrdersMissing'],
    ],
    [
      'also by a label that only their series have',
      'production',
      looking('service', 'odoo-web'),
      ['OdooHttpErrorRatioHigh', 'OdooRequestLatencyHigh', 'PosOrdersMissing'],
    ],
    ['by name', 'production', looking('alertname', 'PosOrdersMissing'), ['PosOrdersMissing']],
    ['never the heartbeat', 'production', looking('alertname', 'Watchdog'), []],
    [
      'none of an environment that is another’s',
      'staging',
      looking('severity', 'critical'),
      ['OdooHttpErrorRatioHigh'],
    ],
    ['none where no guardrail looks at this source', 'production', looking('severity', 'critical', ['other']), []],
  ])('%s', (_, environment, configuration, expected) => {
    expect(names(environment, configuration)).toEqual(expected);
  });

  it('with the alerts of the environment alone', () => {
    const held = (environment: string) =>
      rulesFor(readRules(asked()).rules ?? [], environment, source, looking('severity', 'critical'))[0]?.alerts.length;
    expect([held('production'), held('staging')]).toEqual([1, 0]);
  });
});
