import { fromJournal, type SignalBatch, toJournal } from '@parapet/contracts';
import { RunningWatch, type WatchInput, type WatchSpec } from '@parapet/guardrails';
import type { Configuration } from '@parapet/policy';
import type { JournalRow } from '@parapet/runtime';
import { mergeRollUps, type Observation, type RollUp, rollUpOf, seriesName } from '@parapet/signals';
import {
  type Environment,
  environmentIn,
  type OpenWatch,
  type PartitionMemory,
} from '../../services/guardrail-evaluation/src/environment.js';
import { applyFact } from '../../services/guardrail-evaluation/src/facts.js';
import { foldBatch, foldTick } from '../../services/guardrail-evaluation/src/fold.js';
import { Writes } from '../../services/guardrail-evaluation/src/writes.js';
import { historyInMemory } from '../../services/guardrail-evaluation/testing/history.js';
import { ENVIRONMENT, TENANT } from './configuration.js';
import { SECOND_MS, START_MS } from './plot.js';
import { Process } from './process.js';
import type { World } from './world.js';

const NAME = 'guardrail-evaluation';
const FACTS: readonly string[] = ['release.registered', 'release.phase-changed', 'actuation.finished'];
const BATCH_MAX = 40;

/** What one transaction of the evaluator has to keep beside the journal. */
class Kept extends Writes {
  readonly rolled: { readonly observation: Observation; readonly rollUp: RollUp }[] = [];
  readonly told: { readonly release: string; readonly json: string }[] = [];

  override rollUp(environment: Environment, observation: Observation): void {
    super.rollUp(environment, observation);
    const rollUp = rollUpOf(observation);
    if (rollUp !== null) this.rolled.push({ observation, rollUp });
  }

  override input(tenant: string, release: string, n: number, input: WatchInput): void {
    super.input(tenant, release, n, input);
    this.told.push({ release, json: JSON.stringify(input) });
  }
}

/** guardrail-evaluation: one partition, its memory thrown away whenever it is killed and read again from what was committed. */
export class Evaluator {
  readonly process: Process;
  /** What each watch was told, as its evidence keeps it. */
  readonly inputs = new Map<string, WatchInput[]>();
  readonly specs = new Map<string, WatchSpec>();
  private readonly rollUps = new Map<string, { observation: Observation; rollUp: RollUp }>();
  private readonly facts = new Map<number, JournalRow>();
  private committed: PartitionMemory = { position: 0, clockMs: START_MS, environments: new Map() };
  private memory: PartitionMemory | null = null;
  private acknowledged = 0;
  private readonly chance;

  constructor(
    private readonly world: World,
    private readonly configuration: Configuration,
  ) {
    this.chance = world.chance.apart(NAME);
    this.process = new Process(world, NAME, () => {
      this.memory = null;
    });
    world.events.follow(NAME, (row) => this.keep(row));
    this.loop();
  }

  /** A fact of a release waits in a table until the partition is at it. */
  private async keep(row: JournalRow): Promise<boolean> {
    if (!FACTS.includes(row.type)) return true;
    return this.process.survives(async () => {
      await this.world.journal.transact(async (tx) => {
        const isNew = tx.accept(NAME, row.seq);
        this.process.step('before a commit');
        if (isNew) this.facts.set(row.seq, row);
      });
      this.process.step('after a commit');
    });
  }

  private loop(): void {
    this.world.clock.after(5 * SECOND_MS, async () => {
      await this.process.survives(async () => {
        await this.work((memory, kept) => this.takeFacts(memory, kept));
        while (this.acknowledged < this.world.signals.stored.length) await this.takeSignals();
        await this.work(async (memory, kept) => {
          memory.clockMs = Math.max(memory.clockMs, this.world.clock.nowMs());
          for (const environment of memory.environments.values())
            foldTick(this.around(), environment, { clockMs: memory.clockMs, trace: undefined }, kept);
        });
      });
      this.loop();
    });
  }

  private async takeFacts(memory: PartitionMemory, kept: Kept): Promise<() => void> {
    const waiting = [...this.facts.values()].sort((a, b) => a.seq - b.seq);
    const done: number[] = [];
    for (const row of waiting) {
      const recordedAtMs = Date.parse(row.recordedAt);
      memory.clockMs = Math.max(memory.clockMs, recordedAtMs);
      const fact = { ...row, release: row.stream, fact: row.data, recordedAtMs, trace: undefined };
      const environment = environmentIn(memory, row.tenant, row.environment);
      const moment = { clockMs: memory.clockMs, trace: undefined };
      if (
        await applyFact(
          this.around(),
          environment,
          fact,
          moment,
          historyInMemory(() => this.rollUps.values()),
          kept,
        )
      )
        done.push(row.seq);
    }
    return () => {
      for (const seq of done) this.facts.delete(seq);
    };
  }

  /** Messages up to the recorded position were judged before; an acknowledgement may be lost after the commit. */
  private async takeSignals(): Promise<void> {
    const from = this.acknowledged;
    const messages = this.world.signals.stored.slice(from, from + this.chance.between(1, BATCH_MAX));
    await this.work(async (memory, kept) => {
      for (const { streamSeq, receivedAtMs, batch } of messages) {
        if (streamSeq <= memory.position) continue;
        memory.clockMs = Math.max(memory.clockMs, receivedAtMs);
        const environment = environmentIn(memory, batch.tenant, batch.environment);
        foldBatch(
          this.around(),
          environment,
          asOnTheWire(batch),
          receivedAtMs,
          { clockMs: memory.clockMs, trace: undefined },
          kept,
        );
        memory.position = streamSeq;
      }
    });
    this.process.step('after a commit');
    this.acknowledged = from + messages.length;
  }

  private async work(fold: (memory: PartitionMemory, kept: Kept) => Promise<(() => void) | void>): Promise<void> {
    this.memory ??= reread(this.committed);
    const { memory } = this;
    const kept = new Kept();
    try {
      const alsoKeep = await this.world.journal.transact(async (tx) => {
        const more = await fold(memory, kept);
        for (const said of kept.said) {
          const { tenant, environment, workload, stream } = said;
          tx.append({ tenant, stream, environment, workload }, 'any', [toJournal(said.event)], {
            kind: 'service',
            id: NAME,
          });
        }
        this.process.step('before a commit');
        return more;
      });
      alsoKeep?.();
    } catch (error) {
      this.memory = null;
      throw error;
    }
    this.commit(memory, kept);
    this.process.step('after a commit');
  }

  private commit(memory: PartitionMemory, kept: Kept): void {
    for (const { observation, rollUp } of kept.rolled) {
      const key = `${seriesName(observation.signal, observation.dimensions)} ${rollUp.minuteMs}`;
      const known = this.rollUps.get(key);
      this.rollUps.set(key, { observation, rollUp: known === undefined ? rollUp : mergeRollUps(known.rollUp, rollUp) });
    }
    for (const { watches } of memory.environments.values()) {
      for (const [release, { spec, running }] of watches) {
        this.specs.set(release, spec);
        if (running.state.isOver) watches.delete(release);
      }
    }
    for (const { release, json } of kept.told) {
      const inputs = this.inputs.get(release) ?? [];
      inputs.push(JSON.parse(json) as WatchInput);
      this.inputs.set(release, inputs);
    }
    this.committed = copied(memory);
  }

  private around() {
    return {
      configuration: this.configuration,
      publicUrl: 'https://parapet.example',
      onIgnored: (_: string, why: string) => void this.world.seen.add(`sample ${why}`),
    };
  }
}

/** What a stream of bytes leaves of a batch. */
function asOnTheWire(batch: SignalBatch): SignalBatch {
  return JSON.parse(JSON.stringify(batch)) as SignalBatch;
}

/** The memory as it is at a commit: its records are never changed, only exchanged; but a running watch changes where it stands. */
function copied(memory: PartitionMemory): PartitionMemory {
  const environments = [...memory.environments].map(([key, own]): [string, Environment] => [
    key,
    { ...own, series: new Map(own.series), releases: new Map(own.releases), watches: watchesOf(own) },
  ]);
  return { ...memory, environments: new Map(environments) };
}

/** The memory as a database gives it back: everything once through JSON. */
function reread(memory: PartitionMemory): PartitionMemory {
  const environments = [...memory.environments].map(([key, own]): [string, Environment] => [
    key,
    {
      tenant: TENANT,
      environment: ENVIRONMENT,
      alerts: json(own.alerts),
      unattached: json(own.unattached),
      series: new Map(json([...own.series])),
      // Not kept: whoever reads it back looks anew.
      seriesLookedAtMs: 0,
      releases: new Map(json([...own.releases])),
      watches: watchesOf(own),
    },
  ]);
  return { ...memory, environments: new Map(environments) };
}

/** Its watches, each of them going on from where it stands now. */
function watchesOf({ watches }: Environment): Environment['watches'] {
  const read = ([release, { running, ...watch }]: [string, OpenWatch]): [string, OpenWatch] => {
    const kept = json(watch);
    return [release, { ...kept, running: new RunningWatch(kept.spec, json(running.state)) }];
  };
  return new Map([...watches].map(read));
}

function json<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What the journal holds of what a watch said. */
export function saidOf(rows: readonly JournalRow[]): readonly unknown[] {
  return rows.map(fromJournal).filter((event) => event?.type === 'VerdictChanged' || event?.type === 'RecoveryJudged');
}
