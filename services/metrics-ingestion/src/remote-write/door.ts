import type { DoorKind, Message, RequestHead } from '../door/kind.js';
import { Refused } from '../door/refusal.js';
import { Malformed } from '../protobuf/wire.js';
import type { Dropped } from '../series/outside.js';
import { faultyOf, SeriesDesk } from '../series/desk.js';
import { LabelMemory } from '../series/label-memory.js';
import type { IsWanted } from '../series/wanted.js';
import type { WriteRequest } from './request.js';
import { unsnapped } from './snappy.js';
import { readVersion1 } from './version-1.js';
import { readVersion2 } from './version-2.js';

const TYPE = 'application/x-protobuf';
/** Versions by the message that the type names; without one it is the first. */
const READERS: Readonly<Record<string, (bytes: Buffer, isWanted: IsWanted, memory: LabelMemory) => WriteRequest>> = {
  'prometheus.WriteRequest': readVersion1,
  'io.prometheus.write.v2.Request': readVersion2,
};
const VERSION_1 = 'prometheus.WriteRequest';

/** Takes what Prometheus, and whoever speaks as it does, writes to a remote storage: versions 1.0 and 2.0. */
export function remoteWriteDoor(): DoorKind {
  const desk = new SeriesDesk();
  const memory = new LabelMemory();
  return {
    name: 'remote-write',
    // Prometheus gives a message up on 429 unless it is told otherwise.
    beyondRate: 503,
    accepts: {
      type: (head) => head.mediaType === TYPE && Object.hasOwn(READERS, protoOf(head)),
      typesInWords: `${TYPE}, with proto=${Object.keys(READERS).join(' or proto=')}`,
      encodings: { snappy: unsnapped },
      isEncodingRequired: true,
    },
    take(message, sender, arrival) {
      const request = read(message, desk.wanted(sender), memory);
      const taken = desk.take(request.series, request.unwanted, sender, arrival);
      return { ...taken, reply: { status: 204, headers: writtenHeaders(request, taken.dropped) } };
    },
  };
}

function protoOf({ parameters }: RequestHead): string {
  return parameters['proto'] ?? VERSION_1;
}

function read(message: Message, isWanted: IsWanted, memory: LabelMemory): WriteRequest {
  const reader = READERS[protoOf(message)] as (typeof READERS)[string];
  try {
    return reader(message.bytes, isWanted, memory);
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    const refused = new Refused({
      status: 400,
      code: 'not-protobuf',
      detail: `the body is no ${protoOf(message)}: ${cause.message}`,
    });
    throw Object.assign(refused, { cause });
  }
}

/**
 * What version 2 must be told. Series that nobody declared are dropped by the source's own declaration and count as written: Prometheus takes
 * a smaller number for a fault, and none at all for a failure.
 */
function writtenHeaders(request: WriteRequest, dropped: Dropped): Readonly<Record<string, string>> {
  const faulty = faultyOf(dropped).points;
  return {
    'x-prometheus-remote-write-samples-written': String(Math.max(0, request.samples - faulty)),
    'x-prometheus-remote-write-histograms-written': String(request.histograms),
    'x-prometheus-remote-write-exemplars-written': String(request.exemplars),
  };
}
