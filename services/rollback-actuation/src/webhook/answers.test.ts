import { describe, expect, it } from '@jest/globals';
import { readKeyAnswer, readRunning, readSendAnswer } from './answers.js';

const answer = (status: number, body: unknown = '', headers: Record<string, string> = {}, isCut = false) => ({
  status,
  headers,
  isCut,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('an answer to a deployment', () => {
  it.each([
    ['200 is done', answer(200), 'taken'],
    ['202 is taken', answer(202), 'taken'],
    ['409 already-done is success', answer(409, { code: 'already-done' }), 'taken'],
    [
      'so is 409 with the code as a problem type',
      answer(409, { type: 'https://x.example/problems/already-done' }),
      'taken',
    ],
    ['409 stale-fence is a no', answer(409, { code: 'stale-fence' }), 'refused'],
    ['409 without a code is a no', answer(409), 'refused'],
    ['412 is a no', answer(412), 'refused'],
    ['400 is a no', answer(400), 'refused'],
    ['401 is a no', answer(401), 'refused'],
    ['a redirect is a no', answer(307), 'refused'],
    ['429 is unclear', answer(429), 'unclear'],
    ['500 is unclear', answer(500), 'unclear'],
    ['503 is unclear', answer(503), 'unclear'],
  ])('%s', (_, given, kind) => {
    expect(readSendAnswer(given).kind).toBe(kind);
  });

  it('says how long to wait', () => {
    expect(readSendAnswer(answer(503, '', { 'retry-after': '7' }))).toMatchObject({ retryAfterMs: 7000 });
    expect(readSendAnswer(answer(503, '', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }))).not.toHaveProperty(
      'retryAfterMs',
    );
  });

  it('is told in one short line', () => {
    expect(readSendAnswer(answer(412, { code: 'precondition', detail: 'something else\nruns' })).detail).toBe(
      '412 precondition something else runs',
    );
    expect(readSendAnswer(answer(400, 'x'.repeat(5000))).detail).toHaveLength(300);
  });
});

describe('what a target knows of a key', () => {
  it.each([
    ['one of four words', answer(200, { state: 'unknown-key' }), { kind: 'unknown-key' }],
    [
      'why it failed',
      answer(200, { state: 'failed', reason: 'no space' }),
      { kind: 'failed', detail: 'the target failed: no space' },
    ],
    ['nothing with another word', answer(200, { state: 'ok' }), { kind: 'no-answer' }],
    ['nothing with a page of HTML', answer(200, '<html>'), { kind: 'no-answer' }],
    [
      'nothing with 404: a wrong address is no word about the key',
      answer(404, { state: 'unknown-key' }),
      { kind: 'no-answer' },
    ],
    ['nothing with an answer that was cut', answer(200, { state: 'done' }, {}, true), { kind: 'no-answer' }],
  ])('%s', (_, given, expected) => {
    expect(readKeyAnswer(given)).toMatchObject(expected);
  });
});

describe('what a target runs', () => {
  it.each([
    [
      'components, with share and who put them there',
      answer(200, { release: 'r', components: [{ component: 'a', version: '1', share: 0.5, by: 'cd', more: 1 }] }),
      { kind: 'runs', components: [{ component: 'a', version: '1', share: 0.5, by: 'cd' }] },
    ],
    [
      'a share beyond 1 is no answer',
      answer(200, { components: [{ component: 'a', version: '1', share: 1.5 }] }),
      { kind: 'no-answer' },
    ],
    [
      'a component without a version is no answer',
      answer(200, { components: [{ component: 'a' }] }),
      { kind: 'no-answer' },
    ],
    ['503 is no answer', answer(503, { components: [] }), { kind: 'no-answer' }],
  ])('%s', (_, given, expected) => {
    expect(readRunning(given)).toMatchObject(expected);
  });
});
