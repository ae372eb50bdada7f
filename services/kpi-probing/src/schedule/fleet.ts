import { canonicalJson } from '@parapet/kernel';
import type { Configuration } from '@parapet/policy';
import type { DeclaredProbe, MakeProbe } from '@parapet/probes';
import { ProbeLoop, type LoopLog } from './loop.js';
import type { RoundPorts } from './round.js';

/** Every probe that a tenant's configuration declares. */
export function declaredProbes(configuration: Configuration): readonly DeclaredProbe[] {
  const tenant = configuration.tenant.name;
  return configuration.workloads.flatMap((workload) =>
    workload.probes.map((probe) => ({
      tenant,
      workload: workload.name,
      probe,
      calendars: configuration.calendars.filter(({ environments }) => environments.includes(probe.environment)),
    })),
  );
}

interface Running {
  readonly declared: string;
  stop(): Promise<void>;
}

/** Keeps exactly the declared probes running: new ones start, changed ones start anew, others are left alone. */
export class ProbeFleet {
  readonly #running = new Map<string, Running>();
  #changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly make: (declared: DeclaredProbe) => ReturnType<MakeProbe>,
    private readonly ports: RoundPorts,
    private readonly log: LoopLog & { error(text: string, fields: Readonly<Record<string, unknown>>): void },
    private readonly chance: () => number,
  ) {}

  /** Takes up a declaration of all probes; one after the other, in the order given. What goes wrong with one probe is logged and is its own affair. */
  apply(declared: readonly DeclaredProbe[]): Promise<void> {
    this.#changing = this.#changing.then(() => this.#apply(declared));
    return this.#changing;
  }

  /** Ends all probes; each finishes the round it is in. */
  stop(): Promise<void> {
    return this.apply([]);
  }

  /** How many probes run. */
  get size(): number {
    return this.#running.size;
  }

  async #apply(declared: readonly DeclaredProbe[]): Promise<void> {
    const wanted = new Map(
      declared.map((d) => [keyOf(d), { d, text: canonicalJson({ probe: d.probe, calendars: d.calendars ?? [] }) }]),
    );
    const obsolete = [...this.#running].filter(([key, running]) => wanted.get(key)?.text !== running.declared);
    await Promise.all(
      obsolete.map(async ([key, running]) => {
        await running.stop();
        this.#running.delete(key);
      }),
    );
    for (const [key, { d, text }] of wanted) {
      if (!this.#running.has(key)) this.#running.set(key, this.#start(d, text));
    }
  }

  #start(declared: DeclaredProbe, text: string): Running {
    const { tenant, workload, probe } = declared;
    const names = { tenant, workload, probe: probe.name, environment: probe.environment };
    const made = this.#made(declared);
    if ('problems' in made) {
      this.log.error('a probe does not run: its settings are wrong', { ...names, problems: made.problems });
      return { declared: text, stop: async () => undefined };
    }
    this.log.info('a probe runs', { ...names, kpis: made.measures.map(({ kpi }) => kpi), everyMs: probe.everyMs });
    const loops = made.measures.map(
      (measure) =>
        new ProbeLoop(measure, { ...names, kpi: measure.kpi }, this.ports, this.log, this.chance, probe.perTarget ?? 1),
    );
    return {
      declared: text,
      stop: async () => {
        await Promise.all(loops.map((loop) => loop.stop()));
        await made.close().catch((error: unknown) => {
          this.log.warn('what a probe had opened did not close', { ...names, err: error });
        });
      },
    };
  }

  #made(declared: DeclaredProbe): ReturnType<MakeProbe> {
    try {
      return this.make(declared);
    } catch (error) {
      return { problems: [error instanceof Error ? error.message : String(error)] };
    }
  }
}

function keyOf({ tenant, workload, probe }: DeclaredProbe): string {
  return [tenant, workload, probe.environment, probe.name].join('/');
}
