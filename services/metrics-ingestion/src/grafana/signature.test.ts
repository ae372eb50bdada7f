import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { headOf } from '../door/message.js';
import { grafanaSignature } from './signature.js';

const NOW_MS = Date.parse('2026-11-23T09:15:30.500Z');
const SECONDS = Math.floor(NOW_MS / 1_000);
const TEXT = '{"version":"1"}';
const BODY = Buffer.from(TEXT);
const HEX = 'a'.repeat(64);

const read = (timestamp: string | undefined, signature: string | undefined = HEX) =>
  grafanaSignature.read(
    headOf({ 'x-grafana-alerting-signature': signature, 'x-grafana-alerting-timestamp': timestamp }),
    NOW_MS,
  );

describe('the headers of a signed body', () => {
  it.each([
    ['now', String(SECONDS), true],
    ['300 s ago, and the rest of this second', String(SECONDS - 299), true],
    ['more than 300 s ago', String(SECONDS - 300), false],
    ['300 s ahead', String(SECONDS + 300), true],
    ['more than 300 s ahead', String(SECONDS + 301), false],
    ['no time', undefined, false],
    ['a time in milliseconds', String(NOW_MS), false],
    ['a time with a sign', `+${SECONDS}`, false],
    ['a time with decimals', `${SECONDS}.0`, false],
    ['a time as RFC 3339', '2026-11-23T09:15:30Z', false],
    ['an empty time', '', false],
  ])('%s', (_, timestamp, isTaken) => {
    expect(read(timestamp)).toEqual(isTaken ? { signature: HEX, timestamp } : null);
  });

  it.each([
    ['no signature', undefined],
    ['an empty one', ''],
    ['one of another length', 'a'.repeat(63)],
    ['one in capitals', 'A'.repeat(64)],
    ['one with a prefix', `sha256=${HEX}`],
    ['no hex', 'g'.repeat(64)],
  ])('%s', (_, signature) => {
    expect(read(String(SECONDS), signature ?? '')).toBeNull();
  });
});

describe('comparing a signature with its body', () => {
  const timestamp = String(SECONDS);
  const sign = (text: string, secret = 'secret') => createHmac('sha256', secret).update(text).digest('hex');
  const isRight = (signature: string, raw: Buffer = BODY) =>
    grafanaSignature.isRight({ signature, timestamp }, 'secret', raw);

  it('takes the time, a colon and the bytes', () => {
    expect(isRight(sign(`${timestamp}:${TEXT}`))).toBe(true);
  });

  it('as somebody else computed it', () => {
    // printf '1700000000:{"version":"1"}' | openssl dgst -sha256 -hmac secret
    const signature = '619b530b072caeabf04ec9b24619b267d29f91b93bbd1294f90f6b2c24ae1b3c';
    expect(grafanaSignature.isRight({ signature, timestamp: '1700000000' }, 'secret', BODY)).toBe(true);
  });

  it.each([
    ['the body alone', sign(TEXT)],
    ['another time', sign(`${SECONDS + 1}:${TEXT}`)],
    ['another secret', sign(`${timestamp}:${TEXT}`, 'Secret')],
    ['another body', sign(`${timestamp}:${TEXT} `)],
  ])('refuses the signature of %s', (_, signature) => {
    expect(isRight(signature)).toBe(false);
  });

  it('is over the bytes as they came: a space that JSON does not see counts', () => {
    expect(isRight(sign(`${timestamp}:${TEXT}`), Buffer.from('{"version": "1"}'))).toBe(false);
  });
});
