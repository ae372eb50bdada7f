import { type SignalPublisher, split } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import type { PrometheusAnswer, Sample } from '@parapet/signals';
import type { SourceName } from './ports.js';
import type { PlacedSample } from './samples.js';

/** Samples of the past in one message: it stays one part, and its successor waits for it. */
const PAST_SAMPLES_MAX = 500;

/** Puts what was asked on the stream of signals; every promise resolves once all of it is stored. */
export class AskedPublisher {
  constructor(
    private readonly signals: Pick<SignalPublisher, 'publish'>,
    private readonly makeId: MakeId,
  ) {}

  async samples(of: SourceName, placed: readonly PlacedSample[]): Promise<void> {
    for (const [environment, samples] of byEnvironment(placed))
      await this.signals.publish({ ...this.#envelope(of, environment), samples, alerts: null });
  }

  /** The past is taken in order: a message leaves when the one before it is stored, and each is whole. */
  async past(of: SourceName, placed: readonly PlacedSample[]): Promise<void> {
    for (const [environment, samples] of byEnvironment(placed)) {
      for (let from = 0; from < samples.length; from += PAST_SAMPLES_MAX) {
        const piece = samples.slice(from, from + PAST_SAMPLES_MAX);
        const batch = { ...this.#envelope(of, environment), alerts: null, isHistory: true };
        for (const part of split({ ...batch, samples: piece }))
          await this.signals.publish({ ...batch, receipt: this.makeId('rcp'), samples: part.samples });
      }
    }
  }

  /** What the rules of an environment say is one more statement, of nobody who sends. */
  async answer(of: SourceName, environment: string, answer: PrometheusAnswer): Promise<void> {
    const envelope = this.#envelope(of, environment);
    const said = { groupKey: '', receiver: '', externalUrl: '', truncatedAlerts: 0, statements: [], isUngrouped: true };
    await this.signals.publish({ ...envelope, samples: [], alerts: { ...said, digest: envelope.receipt, answer } });
  }

  #envelope({ tenant, source }: SourceName, environment: string) {
    return { receipt: this.makeId('rcp'), part: 1, parts: 1, tenant, environment, source };
  }
}

function byEnvironment(placed: readonly PlacedSample[]): ReadonlyMap<string, readonly Sample[]> {
  const all = new Map<string, Sample[]>();
  for (const { environment, sample } of placed) {
    const known = all.get(environment);
    if (known === undefined) all.set(environment, [sample]);
    else known.push(sample);
  }
  return all;
}
