import { describe, expect, it } from '@jest/globals';
import { httpJourneySettings } from './config.js';
import { firstHop, type Hop, nextHop } from './hop.js';

const VALUES = new Map([
  ['run', '42'],
  ['secret.token', 's3cret'],
  ['next', 'https://evil.example/'],
]);

function settingsOf(change: object = {}) {
  return httpJourneySettings.parse({
    baseUrl: 'https://shop.example/shop/',
    marker: { header: { name: 'X-Probe' }, field: { name: 'note' } },
    secrets: { token: { env: 'T' } },
    redirects: { origins: ['https://pay.example'] },
    steps: [
      {
        name: 'order',
        method: 'POST',
        url: '/order',
        headers: { Authorization: 'Bearer {{secret.token}}' },
        form: { sku: 'A1' },
      },
    ],
    ...change,
  });
}

function first(change: object = {}): Hop | { readonly refused: string } {
  const settings = settingsOf(change);
  const [step] = settings.steps;
  if (step === undefined) throw new Error('no step');
  return firstHop(settings, step, VALUES);
}

describe('the first request of a step', () => {
  it('carries what it declares, and the marker in header and form', () => {
    expect(first()).toEqual({
      method: 'POST',
      url: new URL('https://shop.example/order'),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'Bearer s3cret',
        'x-probe': 'rg-probe:42',
      },
      body: 'sku=A1&note=rg-probe%3A42',
    });
  });

  it.each<[string, object, object]>([
    [
      'a marker in JSON',
      {
        marker: { field: { name: 'params.note', value: 'probe {{run}}' } },
        steps: [{ name: 'o', method: 'POST', url: '/o', json: { params: { sku: 1 } } }],
      },
      { body: '{"params":{"sku":1,"note":"probe 42"}}', headers: { 'content-type': 'application/json' } },
    ],
    [
      'no field in a step that is not to carry it',
      {
        marker: { field: { name: 'note', steps: ['b'] } },
        steps: ['a', 'b'].map((name) => ({ name, method: 'POST', url: '/o', form: { x: '1' } })),
      },
      { body: 'x=1' },
    ],
  ])('has %s', (_, change, expected) => {
    expect(first(change)).toMatchObject(expected);
  });

  it.each<[string, string]>([
    ['an address that was kept from an answer', '{{next}}'],
    ['a declared address', 'https://evil.example/x'],
    ['an address that only looks like the shop', '//evil.example/shop.example'],
  ])('goes to no other origin: %s', (_, url) => {
    const steps = [
      { name: 'a', url: '/', capture: [{ name: 'next', header: 'location' }] },
      { name: 'b', url },
    ];
    const settings = settingsOf({ marker: { header: { name: 'X' } }, steps });
    const [, step] = settings.steps;
    expect(step && firstHop(settings, step, VALUES)).toEqual({
      refused: 'its address leads to https://evil.example, which is not an allowed origin',
    });
  });
});

describe('a redirect', () => {
  const to = (status: number, location: string | undefined, hop = first() as Hop) =>
    nextHop(settingsOf(), hop, { status, location }, VALUES);

  it.each<[string, number, string, object]>([
    ['after a POST is fetched', 302, '/thanks', { method: 'GET', url: new URL('https://shop.example/thanks') }],
    ['that insists sends the body again', 307, '/again', { method: 'POST', body: 'sku=A1&note=rg-probe%3A42' }],
    ['keeps the headers at the same origin', 303, '/thanks', { headers: { authorization: 'Bearer s3cret' } }],
  ])('%s', (_, status, location, expected) => {
    expect(to(status, location)).toMatchObject(expected);
  });

  it('to another allowed origin takes the marker along, and no credential', () => {
    expect(to(302, 'https://pay.example/start')).toEqual({
      method: 'GET',
      url: new URL('https://pay.example/start'),
      headers: { 'x-probe': 'rg-probe:42' },
    });
  });

  it.each<[string, number, string | undefined, string]>([
    ['to an origin that nobody allowed', 302, 'https://evil.example/', 'leads to https://evil.example'],
    ['to plain http', 302, 'http://shop.example/', 'leads to http://shop.example'],
    ['to another port', 302, 'https://shop.example:8443/', 'leads to https://shop.example:8443'],
    ['with a credential', 302, 'https://u:p@shop.example/', 'holds a user or a password'],
    ['that takes the body elsewhere', 308, 'https://pay.example/', 'would take the body to https://pay.example'],
    ['to nowhere', 302, undefined, 'without a Location'],
    ['to nonsense', 302, 'https://:::', 'with a Location that is none'],
  ])('is not followed %s', (_, status, location, text) => {
    expect(to(status, location)).toMatchObject({ refused: expect.stringContaining(text) });
  });

  it('is not what a page is', () => {
    expect(to(200, undefined)).toBeNull();
    expect(to(304, undefined)).toBeNull();
  });
});
