import type { Readable } from 'node:stream';
import { PublishRefused } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import type { AdmissionDesk, Admitted, Admission, Knock } from './admission.js';
import { digestOf, receive } from './body.js';
import { withinTime } from './deadline.js';
import type { Reply, Sender } from './kind.js';
import { messageOf } from './message.js';
import { type Refusal, Refused, tooLarge, unavailable } from './refusal.js';
import type { Refusals } from './refusals.js';
import type { Signatures } from './signatures.js';
import type { Storage } from './storage.js';
import { Turns } from './turns.js';

/** Senders must have an answer four seconds after their last byte; the way to us and back takes some of it. */
const ANSWER_MS_MAX = 3_500;
/** Bodies in memory at once. */
const IN_FLIGHT_MAX = 256;
/** Of them, those of senders who are known by nothing but a signature that is not compared yet. */
const UNPROVEN_MAX = 16;
/** Beyond so many in flight they take turns, so many at a time: below that it would only cost. */
const CROWD = 96;
const TURN = 4;

/** A request at a door, as far as the door looks at it. */
export interface Handed extends Knock {
  readonly path: string;
  readonly requestId: string;
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
  #unproven = 0;
  readonly #turns = new Turns(TURN);

  constructor(
    private readonly desk: AdmissionDesk,
    private readonly storage: Storage,
    private readonly refusals: Refusals,
    private readonly signatures: Signatures,
    private readonly around: Surroundings,
  ) {}

  /** Answers one request; rejects with SenderGone where nobody waits for an answer any more. */
  async answer(handed: Handed): Promise<Answer> {
    const admission = await this.desk.admit(handed);
    const known = admission.refusal === null ? admission.sender : admission.known;
    const answer = await this.#answerTo(handed, admission, known);
    // Names that a sender made up would be labels without end.
    const where = { door: handed.door.name, tenant: known?.tenant ?? 'none', source: known?.source.name ?? 'none' };
    this.around.metrics.count('parapet_ingest_messages_total', {
      ...where,
      status: String((answer.refusal ?? answer.reply).status),
    });
    return answer;
  }

  async #answerTo(handed: Handed, admission: Admission, known: Sender | null): Promise<Answer> {
    const early = admission.refusal ?? this.#crowded(admission);
    // What somebody who is known sent for good to the wrong place is still taken in, and kept.
    if (known === null || (early !== null && !isForGood(early))) return { reply: null, refusal: early as Refusal };
    const isUnproven = admission.refusal === null && !admission.isProven;
    this.#inFlight++;
    if (isUnproven) this.#unproven++;
    try {
      return await this.#receive(handed, admission, known);
    } finally {
      this.#inFlight--;
      if (isUnproven) this.#unproven--;
    }
  }

  #crowded({ isProven }: Admitted): Refusal | null {
    const isFull = this.#inFlight >= IN_FLIGHT_MAX || (!isProven && this.#unproven >= UNPROVEN_MAX);
    return isFull ? unavailable('too many messages at once', 2) : null;
  }

  async #receive(handed: Handed, admission: Admission, sender: Sender): Promise<Answer> {
    const { raw, refusal } = await receive(handed.body);
    const { metrics } = this.around;
    const where = { door: handed.door.name, tenant: sender.tenant, source: sender.source.name };
    metrics.count('parapet_ingest_bytes_total', where, raw.length);
    const startedMs = performance.now();
    try {
      return await withinTime(ANSWER_MS_MAX, async () => {
        if (admission.refusal !== null) return await this.#refused(handed, sender, raw, admission.refusal, true);
        if (refusal !== null) return await this.#refused(handed, sender, raw, refusal, admission.isProven);
        return await this.#judge(handed, admission, raw);
      });
    } catch (error) {
      return { reply: null, refusal: this.#refusalOf(error) };
    } finally {
      metrics.observe('parapet_ingest_seconds', { door: where.door }, (performance.now() - startedMs) / 1_000);
    }
  }

  async #judge(handed: Handed, admitted: Admitted, raw: Buffer): Promise<Answer> {
    try {
      const known = await this.#compare(handed, admitted, raw);
      const reply = known ?? (await this.#store(handed, admitted.sender, raw));
      if (known === null && admitted.signature !== null)
        await this.signatures.remember(admitted.sender, admitted.signature, reply);
      return { reply, refusal: null };
    } catch (error) {
      return await this.#refused(handed, admitted.sender, raw, this.#refusalOf(error), true);
    }
  }

  /** Holds a signed body against its signature; gives the answer that it had before, if it came before. */
  async #compare({ door }: Handed, { sender, signature, isProven }: Admitted, raw: Buffer): Promise<Reply | null> {
    if (signature === null) return null;
    this.signatures.check(door, sender, signature, raw);
    const beyondRate = isProven ? null : await this.desk.rate(door, sender);
    if (beyondRate !== null) throw new Refused(beyondRate);
    return this.signatures.answered(sender, signature);
  }

  async #store({ door, head, traceparent }: Handed, sender: Sender, raw: Buffer): Promise<Reply> {
    if (this.#inFlight > CROWD) await this.#turns.next();
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

  /** Gives what to answer, once what has to be kept of the message is kept; nothing is of whoever did not prove who it is. */
  async #refused(handed: Handed, sender: Sender, raw: Buffer, refusal: Refusal, isTheirs: boolean): Promise<Answer> {
    const isKept = isTheirs && isForGood(refusal);
    return { reply: null, refusal: isKept ? await this.#refuse(handed, sender, raw, refusal) : refusal };
  }

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

/** Whether the message itself is refused; not whoever brought it, and not for now. */
function isForGood({ status }: Refusal): boolean {
  return status !== 503 && status !== 429 && status !== 401;
}
