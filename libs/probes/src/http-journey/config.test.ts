import { describe, expect, it } from '@jest/globals';
import { httpJourneySettings } from './config.js';

const STEP = { name: 'home', url: '/' };
const ORDER = { name: 'order', method: 'POST', url: '/order', form: { sku: 'A1' } };
const GOOD = {
  baseUrl: 'https://shop.example',
  marker: { header: { name: 'X-Parapet-Probe' } },
  secrets: { password: { env: 'JOURNEY_PASSWORD' } },
  steps: [STEP, ORDER],
};

describe('settings of a journey', () => {
  it.each<[string, object]>([
    ['as short as they can be', {}],
    ['with a marker in a field of one step', { marker: { field: { name: 'note', steps: ['order'] } } }],
    [
      'whose steps use the run, a secret and what an earlier step kept',
      {
        steps: [
          { ...STEP, capture: [{ name: 'csrf', after: 'csrf="', before: '"' }] },
          { ...ORDER, url: '/{{csrf}}', form: { a: '{{ secret.password }}', b: '{{run}}' } },
        ],
      },
    ],
    ['that name a private shop', { baseUrl: 'http://shop.internal:8069', allowPrivate: true }],
  ])('are taken %s', (_what, change) => {
    expect(httpJourneySettings.safeParse({ ...GOOD, ...change }).error).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['without a marker', { marker: {} }, 'needs header, field or both'],
    [
      'with a marker that no step carries',
      { steps: [STEP], marker: { field: { name: 'note' } } },
      'no step has a form',
    ],
    [
      'with a marker for a step without a body',
      { marker: { field: { name: 'note', steps: ['home'] } } },
      'no step "home"',
    ],
    [
      'with a secret in the marker',
      { marker: { header: { name: 'X', value: '{{secret.password}}' } } },
      'not known here',
    ],
    ['with a secret in clear', { secrets: { password: 'hunter2' } }, 'expected object'],
    [
      'that use a value before it is kept',
      {
        steps: [{ ...STEP, url: '/{{csrf}}', capture: [{ name: 'csrf', header: 'x-csrf' }] }, ORDER],
      },
      '{{csrf}} is not known here',
    ],
    [
      'that use a secret nobody declared',
      { steps: [{ ...STEP, headers: { authorization: '{{secret.token}}' } }] },
      'not known here',
    ],
    [
      'with a name in JSON that stands for nothing',
      { steps: [{ name: 'a', url: '/', method: 'POST', json: { a: [{ b: '{{x}}' }] } }] },
      '{{x}}',
    ],
    ['with two steps of one name', { steps: [STEP, STEP] }, 'stands here twice'],
    ['with two bodies', { steps: [{ ...ORDER, json: {} }] }, 'a request has one body'],
    ['with a body of a GET', { steps: [{ ...ORDER, method: 'GET' }] }, 'a GET has no body'],
    [
      'that keep a value from two places',
      { steps: [{ ...STEP, capture: [{ name: 'a', header: 'x', json: 'y' }] }] },
      'exactly one of',
    ],
    [
      'that keep a value from a beginning without an end',
      { steps: [{ ...STEP, capture: [{ name: 'a', after: 'x' }] }] },
      'exactly one of',
    ],
    ['by plain http that nobody called private', { baseUrl: 'http://shop.example' }, 'plain http needs allowPrivate'],
    ['with a password in an address', { baseUrl: 'https://u:p@shop.example' }, 'must not hold a user'],
    ['with an unknown key', { cookies: true }, 'Unrecognized key'],
  ])('are refused %s', (_what, change, text) => {
    const { error } = httpJourneySettings.safeParse({ ...GOOD, ...change });
    expect(error?.issues.map(({ message }) => message).join('; ')).toContain(text);
  });
});
