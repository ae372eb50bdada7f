import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BodySignature } from '../door/kind.js';

/** How far a signature's time may lie from ours, to either side. */
const TOLERANCE_SECONDS = 300;
const HEX = /^[0-9a-f]{64}$/;
const SECONDS = /^\d{1,12}$/;

/**
 * Grafana's signature: lower-case hex HMAC-SHA256 of the time, a colon and the body.
 * Its time header is not optional here: without it a body could be sent again for ever.
 */
export const grafanaSignature: BodySignature = {
  read(head, nowMs) {
    const signature = head.header('x-grafana-alerting-signature') ?? '';
    const timestamp = head.header('x-grafana-alerting-timestamp') ?? '';
    if (!HEX.test(signature) || !SECONDS.test(timestamp)) return null;
    const awaySeconds = Math.abs(nowMs / 1_000 - Number(timestamp));
    return awaySeconds <= TOLERANCE_SECONDS ? { signature, timestamp } : null;
  },
  isRight({ signature, timestamp }, secret, raw) {
    const expected = createHmac('sha256', secret).update(`${timestamp}:`).update(raw).digest();
    return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  },
};
