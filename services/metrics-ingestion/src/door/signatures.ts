import { SecretUnavailable } from '@parapet/policy';
import type { ServiceLogger } from '@parapet/telemetry';
import { UNAUTHENTICATED } from './admission.js';
import type { DoorKind, PresentedSignature, Reply, Sender } from './kind.js';
import { Refused, unavailable } from './refusal.js';
import type { Replays } from './replays.js';
import type { Secrets } from './secrets.js';

/** Compares signatures with the bytes they came with, and knows those that came before. */
export class Signatures {
  constructor(
    private readonly secrets: Secrets,
    private readonly replays: Replays,
    private readonly logger: ServiceLogger,
  ) {}

  /** Throws Refused unless the signature is that of these bytes. */
  check(door: DoorKind, { source }: Sender, presented: PresentedSignature, raw: Buffer): void {
    const isRight = source.secret !== undefined && door.signature?.isRight(presented, this.#secretOf(source), raw);
    if (isRight !== true) throw new Refused(UNAUTHENTICATED);
  }

  /** How this very body was answered before; null for a new one. */
  async answered(sender: Sender, { signature }: PresentedSignature): Promise<Reply | null> {
    return this.replays.answered(sender, signature);
  }

  /** Remembers the answer to a body that is stored now. */
  async remember(sender: Sender, { signature }: PresentedSignature, reply: Reply): Promise<void> {
    await this.replays.remember(sender, signature, reply);
  }

  #secretOf({ name, secret }: Sender['source']): string {
    try {
      return this.secrets.of(secret as NonNullable<typeof secret>);
    } catch (error) {
      if (!(error instanceof SecretUnavailable)) throw error;
      // Our own fault: a message that may be good is asked for again.
      this.logger.error({ err: error, source: name }, 'the secret of a source cannot be read; its messages wait');
      throw Object.assign(new Refused(unavailable('the secret of this source cannot be read now')), { cause: error });
    }
  }
}
