import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { backoffMs, contextOf, isAway } from './handling.js';
import { parsePosition } from './message.js';
import { differences } from './streams.js';

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('whether something that is needed is away, or the message is at fault', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED'), true],
    ['a reset connection, wrapped', new Error('cannot append', { cause: coded('ECONNRESET') }), true],
    ['any of several addresses refused', new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), true],
    ['PostgreSQL starting up', coded('57P03'), true],
    ['PostgreSQL shutting down', coded('57P01'), true],
    ['too many connections', coded('53300'), true],
    ['a disk that is full', coded('53100'), true],
    ['a standby that only reads', coded('25006'), true],
    ['a connection that ended in the middle', new Error('Connection terminated unexpectedly'), true],
    ['a pool without a free connection in time', new Error('timeout exceeded when trying to connect'), true],
    ['a statement that took too long', coded('57014'), false],
    ['a violated constraint', coded('23505'), false],
    ['a refused right', coded('42501'), false],
    ['a defect', new TypeError('x is undefined'), false],
    ['no error at all', 'text', false],
    ['nothing', undefined, false],
  ])('%s', (_, error, expected) => {
    expect(isAway(error)).toBe(expected);
  });

  it('does not follow causes in a circle', () => {
    const error = new Error('a') as Error & { cause: unknown };
    error.cause = error;
    expect(isAway(error)).toBe(false);
  });
});

describe('the pause before the next delivery', () => {
  it.each([
    [1, 100],
    [2, 400],
    [3, 1_600],
    [4, 6_400],
    [5, 15_000],
    [500, 15_000],
  ])('after failure %d is %d ms, a tenth more or less', (attempt, ms) => {
    expect(backoffMs(attempt, () => 0.5)).toBe(ms);
    expect(backoffMs(attempt, () => 0)).toBe(Math.round(ms * 0.9));
    expect(backoffMs(attempt, () => 1)).toBe(Math.round(ms * 1.1));
  });
});

describe('the reply subject of a delivered message', () => {
  const expected = {
    stream: 'EVENTS',
    consumer: 'release-control',
    deliveries: 2,
    streamSeq: 1234,
    deliverySeq: 77,
    receivedAtMs: 1_795_400_000_123,
    pending: 5,
  };
  it.each([
    ['in its short form', '$JS.ACK.EVENTS.release-control.2.1234.77.1795400000123456789.5', expected],
    ['of a server with a domain', '$JS.ACK.hub.acc0.EVENTS.release-control.2.1234.77.1795400000123456789.5', expected],
    [
      'of a server with a domain and a random end',
      '$JS.ACK._.acc0.EVENTS.release-control.2.1234.77.1795400000123456789.5.r4nd',
      expected,
    ],
    ['of a plain request', '_INBOX.abc', null],
    ['that is cut off', '$JS.ACK.EVENTS.release-control.2', null],
    ['that is absent', undefined, null],
  ])('%s', (_, reply, position) => {
    expect(parsePosition(reply)).toEqual(position);
  });
});

describe('the parent of a handler’s span', () => {
  it.each([
    [
      'a well-formed trace',
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      '0af7651916cd43dd8448eb211c80319c',
    ],
    ['a trace of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
    ['a span of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
    ['something else', 'nonsense', undefined],
    ['nothing', undefined, undefined],
  ])('%s', (_, traceparent, traceId) => {
    const context = contextOf(traceparent);
    expect(trace.getSpanContext(context)?.traceId).toBe(traceId);
    if (traceId === undefined) expect(context).toBe(ROOT_CONTEXT);
  });
});

describe('what a server answered differently from what was asked', () => {
  it.each([
    ['nothing, where it says the same', { max_age: 5, subjects: ['a'] }, { max_age: 5, subjects: ['a'], more: 1 }, []],
    ['nothing, where it leaves out what is off', { deny_delete: false, max_age: 0 }, {}, []],
    ['a setting that it ignored', { deny_purge: true }, {}, ['deny_purge: asked true, found undefined']],
    ['a setting that it changed', { max_age: 5 }, { max_age: 6 }, ['max_age: asked 5, found 6']],
  ])('%s', (_, asked, found, expected) => {
    expect(differences(asked, found)).toEqual(expected);
  });
});
