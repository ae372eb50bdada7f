import { canonicalJson, type Json } from '@parapet/kernel';
import { ASKED_KIND, type Configuration, sendsAlerts, type SignalSource } from '@parapet/policy';
import type { AskedSource } from './ask-signal.js';
import { DoubtAsking } from './doubts.js';
import { HistoryFill } from './history.js';
import { LiveAsking } from './live.js';
import { AskingLoop } from './loop.js';
import type { QueryPorts } from './ports.js';
import { PrometheusClient } from './prometheus-client.js';
import type { AskedSignal } from './samples.js';

interface Running {
  readonly declared: string;
  readonly loops: readonly AskingLoop[];
  readonly claims: readonly string[];
}

/** Keeps exactly the declared sources asked: new ones begin, changed ones begin anew, others are left alone. */
export class AskedFleet {
  readonly #running = new Map<string, Running>();
  #changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly configurationOf: (tenant: string) => Configuration | null,
    private readonly ports: QueryPorts,
  ) {}

  /** Takes up a declaration of everything; one after the other, in the order given. */
  apply(configurations: readonly Configuration[]): Promise<void> {
    const mine = this.#changing.then(() => this.#apply(configurations));
    this.#changing = mine.catch(() => undefined);
    return mine;
  }

  /** Ends all asking; each question under way is finished. */
  stop(): Promise<void> {
    return this.apply([]);
  }

  async #apply(configurations: readonly Configuration[]): Promise<void> {
    const wanted = new Map(
      configurations.flatMap(({ tenant, signalSources }) =>
        signalSources
          .filter(isAsked)
          .map((source) => [
            `${tenant.name}/${source.name}`,
            { tenant: tenant.name, source, declared: canonicalJson(source as unknown as Json) },
          ]),
      ) as [string, { tenant: string; source: AskedSource; declared: string }][],
    );
    const obsolete = [...this.#running].filter(([key, running]) => wanted.get(key)?.declared !== running.declared);
    await Promise.all(
      obsolete.map(async ([key, { loops, claims }]) => {
        await Promise.all(loops.map((loop) => loop.stop()));
        await Promise.all(claims.map((claim) => this.ports.turns.give(claim)));
        this.#running.delete(key);
      }),
    );
    for (const [key, { tenant, source, declared }] of wanted) {
      if (!this.#running.has(key)) this.#running.set(key, { declared, ...this.#start(tenant, source) });
    }
  }

  #start(tenant: string, source: AskedSource): Omit<Running, 'declared'> {
    const of = { tenant, source: source.name };
    const client = new PrometheusClient(source.prometheus);
    if (sendsAlerts(source)) {
      const doubts = new DoubtAsking(of, source, () => this.configurationOf(tenant), client, this.ports);
      const loop = new AskingLoop(of, () => doubts.round(), this.ports.logger);
      return { loops: [loop], claims: [`alerts ${tenant}/${source.name}`] };
    }
    const signals = source.signals.flatMap(({ query, ...rest }): AskedSignal[] =>
      query === undefined ? [] : [{ ...rest, query }],
    );
    // All signals of a source are asked equally often.
    const everyMs = source.signals[0]?.intervalMs ?? 60_000;
    const live = new LiveAsking(of, source, signals, everyMs, client, this.ports);
    const history = new HistoryFill(of, source, signals, everyMs, client, this.ports);
    return {
      loops: [
        new AskingLoop(of, () => live.round(), this.ports.logger),
        new AskingLoop(of, () => history.round(), this.ports.logger),
      ],
      claims: [`${tenant}/${source.name}`],
    };
  }
}

/** Sources that are asked for signals, and sources of alerts whose Prometheus is asked how those stand. */
function isAsked(source: SignalSource): source is AskedSource {
  return source.prometheus !== undefined && (source.kind === ASKED_KIND || sendsAlerts(source));
}
