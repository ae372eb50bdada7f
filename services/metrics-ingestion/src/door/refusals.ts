import { doorSubject } from '@parapet/contracts';
import { DeadLetters } from '@parapet/jetstream';
import type { InstantMs } from '@parapet/kernel';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import { digestOf, keptPart } from './body.js';
import type { DoorKind, Sender } from './kind.js';
import type { Refusal } from './refusal.js';
import type { RefusalMemory } from './refusal-memory.js';
import { journalRefusal, type SourceJournal } from './source-journal.js';

const IN_A_ROW = 3;

/** A refused message: whose it is, and what came. */
export interface RefusedMessage {
  readonly door: DoorKind;
  readonly sender: Sender;
  /** Path of the request. */
  readonly address: string;
  readonly raw: Buffer;
  readonly contentType: string | undefined;
  readonly requestId: string;
  readonly refusal: Refusal;
  readonly nowMs: InstantMs;
}

/** Keeps what was refused, once, and tells people of a source that cannot get through. */
export class Refusals {
  constructor(
    private readonly letters: DeadLetters,
    private readonly memory: RefusalMemory,
    private readonly book: SourceJournal,
    private readonly metrics: Metrics,
    private readonly logger: ServiceLogger,
  ) {}

  /** Resolves once it is kept; rejects where it cannot be, and then nobody may be told that it was refused for good. */
  async record(message: RefusedMessage): Promise<void> {
    const { sender, door, refusal } = message;
    const where = { tenant: sender.tenant, source: sender.source.name };
    this.metrics.count('parapet_ingest_refused_total', { door: door.name, ...where, code: refusal.code });
    this.logger.warn(
      { ...where, door: door.name, code: refusal.code, field: refusal.field, requestId: message.requestId },
      `refused a message: ${refusal.detail}`,
    );
    await this.#keep(message);
    const row = await this.memory.countRefusal(sender, message.nowMs);
    // The answer does not wait for PostgreSQL: a door stays open without it.
    if (row.count >= IN_A_ROW) void this.#raiseOnce(message, row.sinceMs);
  }

  /** Ends a row of refusals. */
  async passed(sender: Sender): Promise<void> {
    await this.memory.forgetRow(sender);
  }

  async #keep({ door, sender, address, raw, contentType, requestId, refusal }: RefusedMessage): Promise<void> {
    const payload = keptPart(raw);
    const digest = digestOf(`${sender.tenant}/${sender.source.name}/${address}/${refusal.code}/`, payload);
    if (!(await this.memory.isFirst(digest))) return;
    const at = refusal.field === undefined || refusal.field === '' ? '' : ` at ${refusal.field}`;
    await this.letters.put(door.name, `${refusal.status} ${refusal.code}${at}: ${refusal.detail}`, {
      subject: doorSubject(sender.tenant, sender.source.name),
      payload,
      digest,
      headers: {
        tenant: sender.tenant,
        source: sender.source.name,
        address,
        'request-id': requestId,
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
    });
    this.metrics.count('parapet_dead_letters_total', { consumer: door.name });
    await this.memory.rememberKept(digest);
  }

  async #raiseOnce(message: RefusedMessage, sinceMs: InstantMs): Promise<void> {
    const { sender } = message;
    if (!(await this.memory.claimTelling(sender))) return;
    try {
      await this.#raise(message, sinceMs);
    } catch (error) {
      // The next refusal of this row tries again.
      await this.memory.releaseTelling(sender);
      this.logger.warn(
        { err: error, tenant: sender.tenant, source: sender.source.name },
        'cannot write down yet that a source keeps being refused',
      );
    }
  }

  async #raise({ sender, refusal }: RefusedMessage, sinceMs: InstantMs): Promise<void> {
    const { name, environments } = sender.source;
    const told = { tenant: sender.tenant, name, environments };
    const type = await journalRefusal(this.book, told, `${refusal.code}: ${refusal.detail}`, sinceMs);
    this.metrics.count('parapet_journal_rows_total', { type });
  }
}
