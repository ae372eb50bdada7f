import type { Readable } from 'node:stream';
import { PublishRefused } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import type { AdmissionDesk } from './admission.js';
import { digestOf, receive } from './body.js';
import { withinTime } from './deadline.js';
import type { DoorKind, Reply, RequestHead, Sender } from './kind.js';
import { messageOf } from './message.js';
import { type Refusal, Refused, tooLarge, unavailable } from './refusal.js';
import type { Refusals } from './refusals.js';
import type { Storage } from './storage.js';

/** Senders must have an answer four seconds after their last byte; the way to us and back takes some of it. */
const ANSWER_MS_MAX = 3_500;
/** Bodies in memory at once. */
const IN_FLIGHT_MAX = 256;

/** A request at a door, as far as the door looks at it. */
export interface Handed {
  readonly door: DoorKind;
  /** The source that the path names. */
  readonly source: string;
  readonly path: string;
  readonly requestId: string;
  readonly head: RequestHead;
  readonly traceparent: string;
  /** Not yet read: who may not come in is not listened to. */
  readonly body: Readable;
}

/** What a sender is told of a message that is stored, where its door says nothing else. */
export interface Receipt {
  readonly receipt: string;
  /** Alerts or samples, those said before included. */
  readonly accepted: number;
  readonly repeated: number;
}

/** What the sender is told. */
export type Answer =
  | { readonly reply: Reply; readonly refusal: null }
  | { readonly reply: null; readonly refusal: Refusal };

/** What an intake takes from outside besides messages. */
export interface Surroundings {
  readonly logger: ServiceLogger;
  readonly metrics: Metrics;
  readonly makeId: MakeId;
  readonly nowMs: () => number;
}

/** The way of a message through a door: who sends it, what it says, where it is stored, what is answered. */
export class Intake {
  #inFlight = 0;

  constructor(
    private readonly desk: AdmissionDesk,
    private readonly storage: Storage,
    private readonly refusals: Refusals,
    private readonly around: Surroundings,
  ) {}

  /** Answers one request; rejects with SenderGone where nobody waits for an answer any more. */
  async answer(handed: Handed): Promise<Answer> {
    const admission = await this.desk.admit(handed.door, handed.source, handed.head.header('authorization'));
    const known = admission.refusal === null ? admission.sender : admission.known;
    const answer = await this.#answerTo(handed, known, admission.refusal);
    // Names that a sender made up would be labels without end.
    const where = { door: handed.door.name, tenant: known?.tenant ?? 'none', source: known?.source.name ?? 'none' };
    this.around.metrics.count('parapet_ingest_messages_total', {
      ...where,
      status: String((answer.refusal ?? answer.reply).status),
    });
    return answer;
  }

  async #answerTo(handed: Handed, known: Sender | null, refusal: Refusal | null): Promise<Answer> {
    const early = refusal ?? (this.#inFlight >= IN_FLIGHT_MAX ? unavailable('too many messages at once', 2) : null);
    if (early !== null && (known === null || isForLater(early))) return { reply: null, refusal: early };
    this.#inFlight++;
    try {
      return await this.#receive(handed, known as Sender, early);
    } finally {
      this.#inFlight--;
    }
  }

  async #receive(handed: Handed, sender: Sender, early: Refusal | null): Promise<Answer> {
    const { raw, refusal } = await receive(handed.body);
    const { metrics } = this.around;
    const where = { door: handed.door.name, tenant: sender.tenant, source: sender.source.name };
    metrics.count('parapet_ingest_bytes_total', where, raw.length);
    const startedMs = performance.now();
    try {
      return await withinTime(ANSWER_MS_MAX, () => this.#judge(handed, sender, raw, early ?? refusal));
    } catch (error) {
      return { reply: null, refusal: this.#refusalOf(error) };
    } finally {
      metrics.observe('parapet_ingest_seconds', { door: where.door }, (performance.now() - startedMs) / 1_000);
    }
  }

  async #judge(handed: Handed, sender: Sender, raw: Buffer, early: Refusal | null): Promise<Answer> {
    let refusal = early;
    if (refusal === null) {
      try {
        return { reply: await this.#store(handed, sender, raw), refusal: null };
      } catch (error) {
        refusal = this.#refusalOf(error);
      }
    }
    return { reply: null, refusal: isForLater(refusal) ? refusal : await this.#refuse(handed, sender, raw, refusal) };
  }

  async #store({ door, head, traceparent }: Handed, sender: Sender, raw: Buffer): Promise<Reply> {
    const message = await messageOf(raw, head, door.accepts);
    const { makeId, nowMs, metrics } = this.around;
    const receipt = makeId('rcp');
    const taken = door.take(message, sender, { receipt, digest: digestOf(message.bytes), nowMs: nowMs() });
    const repeated = await this.storage.store(taken, sender, traceparent);
    void this.refusals.passed(sender);
    const accepted = taken.accepted ?? taken.records.length;
    const where = { door: door.name, tenant: sender.tenant, source: sender.source.name };
    metrics.count('parapet_ingest_records_total', where, accepted);
    for (const [reason, points] of Object.entries(taken.dropped ?? {}))
      metrics.count('parapet_ingest_dropped_total', { ...where, reason }, points);
    return taken.reply ?? receiptReply({ receipt, accepted, repeated });
  }

  /** Keeps a refused message and gives what to answer. */
  async #refuse(handed: Handed, sender: Sender, raw: Buffer, refusal: Refusal): Promise<Refusal> {
    const { door, path: address, head, requestId } = handed;
    const contentType = head.header('content-type');
    const { logger, nowMs } = this.around;
    try {
      await this.refusals.record({ door, sender, address, raw, contentType, requestId, refusal, nowMs: nowMs() });
      return refusal;
    } catch (error) {
      // A 4xx ends the message at its sender; one that is kept nowhere would be lost.
      logger.warn({ err: error, requestId }, 'cannot keep a refused message; its sender is asked to come again');
      return unavailable('the store does not answer; try again');
    }
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof Refused) return error.refusal;
    if (!(error instanceof PublishRefused)) throw error;
    if (error.reason === 'too-large') return tooLarge('one record of the message is larger than the store takes');
    this.around.logger[error.isTransient ? 'warn' : 'error']({ err: error }, 'a message could not be stored');
    return unavailable('the store does not answer; try again');
  }
}

function receiptReply(receipt: Receipt): Reply {
  return {
    status: 202,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(receipt),
  };
}

/** Refused for now: nothing is wrong with the message, and it is not kept. */
function isForLater(refusal: Refusal): boolean {
  return refusal.status === 503 || refusal.status === 429;
}
