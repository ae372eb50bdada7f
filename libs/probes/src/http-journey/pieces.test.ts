import { describe, expect, it } from '@jest/globals';
import { type Answer, textOf } from './answer.js';
import { captured } from './captures.js';
import { type Capture, type Expectation, httpJourneySettings } from './config.js';
import { CookieJar } from './cookies.js';
import { shortfall } from './expectations.js';
import { withValueAt } from './json-path.js';
import { filled, filledJson, filledUrl } from './template.js';

const VALUES = new Map([
  ['run', '42'],
  ['id', 'a/b?c'],
]);

describe('what stands for a value', () => {
  it.each<[string, string, string]>([
    ['in a text as it is', filled('{{run}} {{ id }}', VALUES), '42 a/b?c'],
    ['in an address only as a part of it', filledUrl('/order/{{id}}?x={{run}}', VALUES), '/order/a%2Fb%3Fc?x=42'],
    ['as a whole address that was kept', filledUrl('{{id}}', VALUES), 'a/b?c'],
    [
      'deep in JSON',
      JSON.stringify(filledJson({ a: [{ b: 'x{{run}}' }, 1, null] }, VALUES)),
      '{"a":[{"b":"x42"},1,null]}',
    ],
  ])('is filled %s', (_, found, expected) => {
    expect(found).toBe(expected);
  });

  it('is never filled with another name', () => {
    expect(() => filled('{{nothing}}', VALUES)).toThrow('no value for {{nothing}}');
  });
});

describe('a place in a JSON body', () => {
  it.each<[string, unknown, string, string]>([
    ['beside others', { a: 1 }, 'b', '{"a":1,"b":"x"}'],
    [
      'in a map that is not there yet',
      { params: { a: 1 } },
      'params.vals.note',
      '{"params":{"a":1,"vals":{"note":"x"}}}',
    ],
    ['in a list', { lines: [{ a: 1 }] }, 'lines[0].note', '{"lines":[{"a":1,"note":"x"}]}'],
    ['over what stood there', { note: 'old' }, 'note', '{"note":"x"}'],
  ])('takes a value %s', (_, document, path, expected) => {
    expect(JSON.stringify(withValueAt(document, path, 'x'))).toBe(expected);
  });
});

const answer = (body: string, more: Partial<Answer> = {}): Answer => ({ status: 200, headers: {}, body, ...more });

describe('an answer that is not as expected', () => {
  const expected = (more: Partial<Expectation>): Expectation => ({ text: [], notText: [], json: [], ...more });
  it.each<[string, Partial<Expectation>, Answer, string | null]>([
    ['is none: any 2xx', {}, answer('', { status: 204 }), null],
    ['has another status', {}, answer('', { status: 404 }), 'answered 404, expected 200 to 299'],
    ['has none of the statuses', { status: [302, 303] }, answer(''), 'answered 200, expected 302 or 303'],
    ['lacks a text', { text: ['Thank you'] }, answer('Sorry'), 'the body does not hold "Thank you"'],
    ['has an unwanted text', { notText: ['Traceback'] }, answer('a Traceback'), 'the body holds "Traceback"'],
    ['is not JSON', { json: [{ path: 'a' }] }, answer('<html>'), 'the body is not JSON'],
    ['lacks a place', { json: [{ path: 'a[1].b' }] }, answer('{"a":[{"b":1}]}'), 'the body has no a[1].b'],
    [
      'holds null where null was asked for',
      { json: [{ path: 'error', equals: null }] },
      answer('{"error":null}'),
      null,
    ],
    [
      'has another value',
      { json: [{ path: 'state', equals: 'sale' }] },
      answer('{"state":"draft"}'),
      'state is "draft", expected "sale"',
    ],
    ['has the number as a text', { json: [{ path: 'n', equals: 1 }] }, answer('{"n":"1"}'), 'n is "1", expected 1'],
    ['has a map', { json: [{ path: 'a', equals: 1 }] }, answer('{"a":{"secret":1}}'), 'a is a map, expected 1'],
    [
      'never finds what every object has',
      { json: [{ path: 'constructor' }] },
      answer('{}'),
      'the body has no constructor',
    ],
  ])('%s', (_, change, found, why) => {
    expect(shortfall(expected(change), found, new Map())).toBe(why);
  });

  it('does not say the beginning of a secret that is longer than what is shown', () => {
    const secret = `eyJ${'x'.repeat(100)}`;
    const json = [{ path: 'a', equals: 1 }];
    const short = shortfall(expected({ json }), answer(JSON.stringify({ a: secret })), new Map([['token', secret]]));
    expect(short).toBe('a is "…", expected 1');
  });
});

describe('what a step keeps', () => {
  const take = (capture: Partial<Capture>, from: Answer) => {
    const kept = captured([{ name: 'v', ...capture } as Capture], from);
    return 'missing' in kept ? kept.missing : kept.values.get('v');
  };
  it.each<[string, Partial<Capture>, Answer, string]>([
    ['a header', { header: 'X-Order' }, answer('', { headers: { 'x-order': '7' } }), '7'],
    ['a number of a JSON body', { json: 'order.id' }, answer('{"order":{"id":7}}'), '7'],
    ['what stands between two texts', { after: 'csrf="', before: '"' }, answer('<a csrf="x1">'), 'x1'],
    [
      'nothing where the header is missing',
      { header: 'x-order' },
      answer(''),
      'there is no v to keep: no header x-order',
    ],
    [
      'nothing where the place is missing',
      { json: 'order.id' },
      answer('<html>'),
      'there is no v to keep: no order.id in the body',
    ],
    [
      'nothing where the text has no end',
      { after: 'csrf="', before: '"' },
      answer('csrf="x1'),
      'there is no v to keep: the text around it is not in the body',
    ],
    [
      'nothing where it is empty',
      { after: 'csrf="', before: '"' },
      answer('csrf=""'),
      'there is no v to keep: the text around it is not in the body',
    ],
    [
      'nothing that is too long',
      { json: 'a' },
      answer(JSON.stringify({ a: 'x'.repeat(9_000) })),
      'v is longer than 8000 characters',
    ],
  ])('is %s', (_, capture, from, expected) => {
    expect(take(capture, from)).toBe(expected);
  });
});

describe('cookies', () => {
  const SHOP = 'https://shop.example/web/login';
  it.each<[string, string[], string, string | null]>([
    ['come back to the same host', ['session=1; HttpOnly'], 'https://shop.example/web/cart', 'session=1'],
    ['do not go to a host below, unless for a domain', ['session=1'], 'https://pay.shop.example/web/', null],
    [
      'of a domain go to a host below',
      ['session=1; Domain=shop.example; Path=/'],
      'https://pay.shop.example/',
      'session=1',
    ],
    ['of another domain are ignored', ['session=1; Domain=evil.example'], 'https://evil.example/web/', null],
    ['of a top-level domain are ignored', ['session=1; Domain=example; Path=/'], 'https://other.example/', null],
    ['that are secure stay away from plain http', ['session=1; Secure; Path=/'], 'http://shop.example/', null],
    ['of a path stay below it', ['a=1; Path=/web', 'b=2; Path=/'], 'https://shop.example/website', 'b=2'],
    ['without a path stay below the page', ['a=1'], 'https://shop.example/other', null],
    ['are replaced by name', ['a=1; Path=/', 'a=2; Path=/'], 'https://shop.example/', 'a=2'],
    ['go when they are over', ['a=1; Path=/', 'a=; Path=/; Max-Age=0'], 'https://shop.example/', null],
    [
      'go when their date is past',
      ['a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
      'https://shop.example/',
      null,
    ],
    ['keep an equals sign in their value', ['a=b=c; Path=/'], 'https://shop.example/', 'a=b=c'],
    ['of no name are none', ['=1; Path=/', 'nonsense'], 'https://shop.example/', null],
  ])('%s', (_, lines, to, expected) => {
    const jar = new CookieJar();
    jar.take(new URL(SHOP), lines, Date.parse('2026-11-23T09:00:00Z'));
    expect(jar.headerFor(new URL(to))).toBe(expected);
  });

  it('are a hundred at most, so that no answer fills the memory', () => {
    const jar = new CookieJar();
    jar.take(
      new URL(SHOP),
      Array.from({ length: 500 }, (_, i) => `c${i}=1; Path=/`),
      0,
    );
    expect(jar.headerFor(new URL(SHOP))?.split('; ')).toHaveLength(100);
  });
});

it('a body is read in the character set that it says it has', () => {
  const latin = Buffer.from('Bestätigt', 'latin1');
  expect(textOf(latin, 'text/html; charset=ISO-8859-1')).toBe('Bestätigt');
  expect(textOf(Buffer.from('Bestätigt'), undefined)).toBe('Bestätigt');
  expect(textOf(Buffer.from('ok'), 'text/html; charset=made-up')).toBe('ok');
});

it('settings give what they leave out', () => {
  const { steps, redirects } = httpJourneySettings.parse({
    baseUrl: 'https://shop.example',
    marker: { header: { name: 'X-Probe' } },
    steps: [{ name: 'home', url: '/' }],
  });
  expect([steps[0]?.method, steps[0]?.followRedirects, redirects]).toEqual(['GET', true, { max: 5, origins: [] }]);
});
