import { describe, expect, it } from '@jest/globals';
import { makeLogger, redact } from './logger.js';
import { METRICS } from './metric-names.js';
import { Metrics } from './metrics.js';
import { isTraceparent, newTraceparent, traceparentFor } from './traceparent.js';

const TOKEN = `ppt_${'a'.repeat(43)}_0123abcd`;

function logged(write: (logger: ReturnType<typeof makeLogger>) => void): string {
  let text = '';
  write(makeLogger({ service: 'test', level: 'debug' }, { write: (line: string) => (text += line) }));
  return text;
}

describe('no secret reaches a log line', () => {
  it.each([
    ['a token in a sentence', (l: ReturnType<typeof makeLogger>) => l.info(`said ${TOKEN}`), TOKEN],
    [
      'an authorization header',
      (l: ReturnType<typeof makeLogger>) => l.info({ headers: { authorization: 'Bearer abcdefgh1234' } }, 'in'),
      'abcdefgh1234',
    ],
    [
      'a cookie two levels down',
      (l: ReturnType<typeof makeLogger>) => l.info({ req: { headers: { cookie: 'sid=geheim' } } }, 'in'),
      'geheim',
    ],
    [
      'a password in an address',
      (l: ReturnType<typeof makeLogger>) => l.error({ err: new Error('cannot reach postgres://u:geheim@h/db') }, 'no'),
      'geheim',
    ],
    [
      'a secret in the cause of an error',
      (l: ReturnType<typeof makeLogger>) => l.error({ err: new Error('a', { cause: new Error(`b ${TOKEN}`) }) }, 'no'),
      TOKEN,
    ],
    [
      'what a library hung on its error',
      (l: ReturnType<typeof makeLogger>) =>
        l.error({ err: Object.assign(new Error('a'), { config: { key: 'geheim' } }) }, 'no'),
      'geheim',
    ],
    ['a webhook secret', (l: ReturnType<typeof makeLogger>) => l.info('whsec_MDEyMzQ1Njc4OWFiY2RlZg=='), 'MDEyMzQ1'],
  ])(
    '%s',
    (_, write, secret) => {
      const text = logged(write);
      expect(text).toMatch(/^\{"level":.*\}\n$/);
      expect(text).not.toContain(secret);
    },
    1_000,
  );

  it('leaves ordinary text alone', () => {
    expect(redact('release odoo-2026.11 of http://shop:80/ went live')).toBe(
      'release odoo-2026.11 of http://shop:80/ went live',
    );
  });
});

describe('log lines', () => {
  it('are JSON with the level as a word, the service, the time and the whole chain of causes', () => {
    const line = JSON.parse(
      logged((l) => l.warn({ err: new Error('outer', { cause: new Error('inner') }) }, 'careful')),
    ) as Record<string, never>;
    expect(line).toMatchObject({
      level: 'warn',
      service: 'test',
      msg: 'careful',
      err: { message: 'outer', cause: { message: 'inner' } },
    });
    expect(Number.isNaN(Date.parse(line['time'] as unknown as string))).toBe(false);
  });
});

describe('metrics', () => {
  it('serve what was counted, set and observed under the declared names and labels', async () => {
    const metrics = new Metrics({ service: 'test', withProcess: false });
    metrics.count('parapet_dead_letters_total', { consumer: 'c' }, 2);
    metrics.set('parapet_dependency_up', { dependency: 'nats' }, 1);
    metrics.observe('parapet_ingest_seconds', { door: 'alertmanager' }, 0.003);
    const page = await metrics.page();
    expect(page).toContain('parapet_dead_letters_total{consumer="c",service="test"} 2');
    expect(page).toContain('parapet_dependency_up{dependency="nats",service="test"} 1');
    expect(page).toContain('parapet_ingest_seconds_bucket{le="0.005",service="test",door="alertmanager"} 1');
  });

  it.each(Object.entries(METRICS))('%s is named as its kind demands and explained', (name, { kind, help }) => {
    expect(name).toMatch(/^parapet_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(help).toMatch(/^[A-Z1].*\.$/);
  });
});

describe('traceparent', () => {
  it.each([
    ['well-formed', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
    ['capitals', '00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
    ['trace of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
    ['span of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
    ['forbidden version', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
    ['line break after it', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n', false],
    ['absent', undefined, false],
  ])('%s', (_, text, isGood) => {
    expect(isTraceparent(text)).toBe(isGood);
  });

  it('is made where the sender gave none or a broken one, and passed on otherwise', () => {
    const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(traceparentFor(given)).toBe(given);
    expect(isTraceparent(traceparentFor('broken'))).toBe(true);
    expect(newTraceparent()).not.toBe(newTraceparent());
  });
});
