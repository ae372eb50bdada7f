import { gunzipped } from '../door/body.js';
import type { DoorKind, Message } from '../door/kind.js';
import { type Refusal, Refused } from '../door/refusal.js';
import { Malformed } from '../protobuf/wire.js';
import { faultyOf, SeriesDesk } from '../series/desk.js';
import type { Dropped } from '../series/outside.js';
import type { IsWanted } from '../series/wanted.js';
import { JSON_TYPE, PROTOBUF, refusedReply, type Rejected, storedReply } from './answers.js';
import { readJson } from './json.js';
import { readProtobuf } from './protobuf.js';
import type { ExportRequest } from './request.js';

/** Takes metrics from OpenTelemetry by OTLP/HTTP, as Protocol Buffers or JSON. */
export function otlpDoor(): DoorKind {
  const desk = new SeriesDesk();
  return {
    name: 'otlp',
    suffix: '/v1/metrics',
    beyondRate: 429,
    accepts: {
      type: ({ mediaType }) => mediaType === PROTOBUF || mediaType === JSON_TYPE,
      typesInWords: `${PROTOBUF} or ${JSON_TYPE}`,
      encodings: { gzip: gunzipped },
    },
    wordRefusal: refusedReply,
    take(message, sender, arrival) {
      const request = read(message, desk.wanted(sender));
      const { dropped: missed, ...taken } = desk.take(request.series, request.unwanted, sender, arrival);
      const dropped = request.summaries === 0 ? missed : { ...missed, form: (missed.form ?? 0) + request.summaries };
      return { ...taken, dropped, reply: storedReply(message, rejectedOf(dropped)) };
    },
  };
}

function read(message: Message, isWanted: IsWanted): ExportRequest {
  try {
    return message.mediaType === PROTOBUF
      ? readProtobuf(message.bytes, isWanted)
      : readJson(message.document().value, isWanted);
  } catch (cause) {
    throw Object.assign(new Refused(unreadable(cause)), { cause });
  }
}

/** The protocol knows 400 for what cannot be read, and no 422. */
function unreadable(cause: unknown): Refusal {
  if (cause instanceof Malformed)
    return {
      status: 400,
      code: 'not-protobuf',
      detail: `the body is no ExportMetricsServiceRequest: ${cause.message}`,
    };
  if (!(cause instanceof Refused)) throw cause;
  return cause.refusal.status === 422 ? { ...cause.refusal, status: 400 } : cause.refusal;
}

/** What the sender is told: what is not declared was not asked for, everything else that was dropped is somebody's mistake. */
function rejectedOf(dropped: Dropped): Rejected {
  const { points, reasons } = faultyOf(dropped);
  return { points, message: points === 0 ? '' : `points that fit no declared signal: ${reasons.join(', ')}` };
}
