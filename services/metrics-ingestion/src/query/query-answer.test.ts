import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readQueryAnswer } from './query-answer.js';

const recorded = (name: string) =>
  readFileSync(new URL(`../../../../test/fixtures/prometheus-api/${name}`, import.meta.url), 'utf8');
const success = (data: object, more: object = {}) => JSON.stringify({ status: 'success', data, ...more });
const vector = (...values: unknown[]) =>
  success({ resultType: 'vector', result: values.map((value) => ({ metric: { store: 'lyon' }, value })) });

/** What was read, in short. */
function read(status: number, body: string) {
  const answer = readQueryAnswer(status, body);
  if (answer.kind === 'series')
    return answer.series.map(({ labels, points }) => [{ ...labels }, Object.fromEntries(points)] as const);
  return answer.kind === 'bad-query' ? answer.kind : answer.trouble;
}

describe('an answer of Prometheus', () => {
  it('recorded: an instant vector', () => {
    expect(read(200, recorded('query-vector.json'))).toEqual([
      [
        {
          __name__: 'odoo:http_error_ratio:rate30s',
          environment: 'production',
          release: 'odoo-pos-2026.11.3',
          service: 'odoo-web',
        },
        { 1795392703568: 0.059999999999999984 },
      ],
    ]);
  });

  it('recorded: a matrix, whose points are at the steps', () => {
    const [series] = read(200, recorded('query_range.json')) as [readonly [object, Record<string, number>]];
    expect(Object.keys(series[1]).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => 1795392673000 + 5_000 * n));
    expect(Object.values(series[1]).at(-1)).toBe(0.06000000000000002);
  });

  it('recorded: a query that is refused', () => {
    const answer = readQueryAnswer(400, recorded('error-bad-data.json'));
    expect(answer).toEqual({ kind: 'bad-query', detail: expect.stringContaining('unclosed left parenthesis') });
  });

  it.each<[string, number, string, unknown]>([
    ['nothing', 200, success({ resultType: 'vector', result: [] }), []],
    ['a scalar', 200, success({ resultType: 'scalar', result: [7, '3'] }), [[{}, { 7000: 3 }]]],
    ['a text', 200, success({ resultType: 'string', result: [7, 'x'] }), 'bad-query'],
    ['not a number', 200, vector([1, 'NaN']), [[{ store: 'lyon' }, { 1000: Number.NaN }]]],
    ['infinite', 200, vector([1, '+Inf']), [[{ store: 'lyon' }, { 1000: Infinity }]]],
    ['infinite, below', 200, vector([1, '-Inf']), [[{ store: 'lyon' }, { 1000: -Infinity }]]],
    ['exponents', 200, vector([1.5, '5.9e-02']), [[{ store: 'lyon' }, { 1500: 0.059 }]]],
    [
      'native histograms',
      200,
      success({ resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] }),
      'bad-query',
    ],
    ['a value that is no text', 200, vector([1, 3]), 'away'],
    ['a value that is an empty text', 200, vector([1, ' ']), 'away'],
    ['a time that is no number', 200, vector(['1', '3']), 'away'],
    ['no result', 200, success({ resultType: 'vector' }), 'away'],
    [
      'too much to calculate',
      422,
      JSON.stringify({ status: 'error', errorType: 'execution', error: 'too many samples' }),
      'too-much',
    ],
    ['too late', 503, JSON.stringify({ status: 'error', errorType: 'timeout', error: 'query timed out' }), 'slow'],
    ['a proxy’s 400', 400, '<html>', 'away'],
    ['400 for something else', 400, JSON.stringify({ status: 'error', errorType: 'other' }), 'away'],
    ['no access', 401, 'Unauthorized', 'away'],
    ['a page of somebody else', 200, '<html>', 'away'],
    [
      'an error under a good status',
      200,
      JSON.stringify({ status: 'error', errorType: 'internal', error: 'x' }),
      'away',
    ],
    ['a proxy that waited too long', 504, '<html>', 'slow'],
    ['a page that is not there', 404, '404 page not found', 'away'],
    ['a redirect', 302, '', 'away'],
  ])('%s', (_, status, body, expected) => {
    expect(read(status, body)).toEqual(expected);
  });

  it('of whoever it is, is read or not, and never a crash', () => {
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .object({ key: fc.constantFrom('status', 'data', 'result', 'resultType', 'metric', 'value', 'values', 'x') })
        .map((one) => JSON.stringify({ status: 'success', ...one })),
    );
    fc.assert(
      fc.property(fc.constantFrom(200, 400, 422, 503), body, (status, text) => {
        expect(['series', 'bad-query', 'unreachable']).toContain(readQueryAnswer(status, text).kind);
      }),
      { numRuns: 500 },
    );
  });

  it('holds no text that a store would not take', () => {
    const metric = { store: 'a\0b', 'c\uD800': '\uDFFF' };
    const answer = readQueryAnswer(200, success({ resultType: 'vector', result: [{ metric, value: [1, '1'] }] }));
    expect(answer).toMatchObject({ series: [{ labels: { store: 'a\uFFFDb', 'c\uFFFD': '\uFFFD' } }] });
    const refused = readQueryAnswer(400, JSON.stringify({ errorType: 'bad_data', error: `${'x'.repeat(399)}😀` }));
    expect(refused).toEqual({ kind: 'bad-query', detail: `${'x'.repeat(399)}\uFFFD` });
  });

  it('keeps warnings, and a label named __proto__ a label', () => {
    const data = { resultType: 'vector', result: [{ metric: JSON.parse('{"__proto__": "x"}'), value: [1, '1'] }] };
    const answer = readQueryAnswer(200, success(data, { warnings: ['a store did not answer'] }));
    expect(answer).toMatchObject({ kind: 'series', warnings: ['a store did not answer'] });
    expect(answer.kind === 'series' && Object.keys(answer.series[0]?.labels ?? {})).toEqual(['__proto__']);
  });
});
