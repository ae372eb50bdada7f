import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BODY_BYTES_MAX, keptPart, receive, SenderGone } from './body.js';

const MIB = 1024 * 1024;
const chunks = (bytes: number) =>
  Readable.from(Array.from({ length: Math.ceil(bytes / MIB) }, (_, i) => Buffer.alloc(Math.min(MIB, bytes - i * MIB))));

describe('taking in a body', () => {
  it.each([
    ['nothing', 0, null],
    ['as much as is allowed', BODY_BYTES_MAX, null],
    ['a byte more', BODY_BYTES_MAX + 1, 413],
    ['far more', 40 * MIB, 413],
  ])('%s', async (_, bytes, status) => {
    const { raw, refusal } = await receive(chunks(bytes));
    expect(refusal?.status ?? null).toBe(status);
    if (status === null) expect(raw.length).toBe(bytes);
    else expect(raw.length).toBeLessThanOrEqual(BODY_BYTES_MAX + MIB);
    expect(keptPart(raw).length).toBe(Math.min(bytes, 512 * 1024));
  });

  it('one without end is not listened to for ever', async () => {
    let sent = 0;
    const endless = new Readable({
      read() {
        sent += MIB;
        this.push(Buffer.alloc(MIB));
      },
    });
    expect((await receive(endless)).refusal?.status).toBe(413);
    expect(sent).toBeLessThan(80 * MIB);
  });

  it('one that never comes is 503, so that it is sent again', async () => {
    expect((await receive(new Readable({ read() {} }), 20)).refusal?.status).toBe(503);
  });

  it('one that breaks off has nobody to answer', async () => {
    const broken = new Readable({ read() {} });
    const received = receive(broken);
    broken.push('{"ver');
    broken.destroy(new Error('reset'));
    await expect(received).rejects.toThrow(SenderGone);
  });

  it('one that broke off before anybody listened has nobody either', async () => {
    const broken = new Readable({ read() {} });
    broken.on('error', () => {}).destroy(new Error('reset'));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(receive(broken)).rejects.toThrow(SenderGone);
  });
});
