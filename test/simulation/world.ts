import { decisions, type ReleaseState } from '@parapet/decisions';
import { idMaker, invariant, type MakeId } from '@parapet/kernel';
import { sha256 } from '@parapet/postgres';
import { Chance, InMemoryJournal, VirtualClock } from '@parapet/testkit';
import { Actuators } from './actuator.js';
import { configurationOf } from './configuration.js';
import { Control } from './control.js';
import { Evaluator } from './evaluator.js';
import { Events } from './events.js';
import { Invariants, isOverAndDone } from './invariants.js';
import { People } from './people.js';
import { Pipeline } from './pipeline.js';
import { drawStory, MINUTE_MS, type Plot, START_MS, type Story } from './plot.js';
import { Alertmanager, Shop } from './shop.js';
import { Signals } from './signals.js';
import { ShopTarget } from './target.js';

/** From here on nothing is lost or killed any more: what is still to end, ends. */
const CALM_MS = START_MS + 70 * MINUTE_MS;
const END_MS = START_MS + 110 * MINUTE_MS;

/** What a day left behind. */
export interface Day {
  readonly journal: string;
  /** What happened at least once: ends, refusals, faults. */
  readonly seen: ReadonlySet<string>;
}

/** The whole system and everything around it, in one process, on virtual time, from one seed. */
export class World {
  readonly story: Story;
  readonly chance: Chance;
  readonly clock = new VirtualClock(START_MS);
  readonly makeId: MakeId;
  readonly journal: InMemoryJournal;
  readonly invariants: Invariants;
  readonly events: Events;
  readonly signals: Signals;
  readonly control: Control;
  readonly evaluator: Evaluator;
  readonly seen = new Set<string>();
  private readonly releases = new Map<string, { readonly plot: Plot; readonly target: ShopTarget }>();

  constructor(seed: number) {
    this.story = drawStory(seed);
    this.chance = new Chance(seed);
    const bytes = this.chance.apart('ids');
    this.makeId = idMaker(
      () => this.clock.nowMs(),
      (into) => bytes.fill(into),
    );
    this.invariants = new Invariants(this);
    this.journal = new InMemoryJournal(this.clock, this.makeId, sha256, (rows) => {
      this.invariants.committed(rows);
      this.events.nudge();
    });
    this.events = new Events(this);
    this.signals = new Signals(this);
    this.control = new Control(this);
    this.evaluator = new Evaluator(this, configurationOf(this.story.plots));
    new Actuators(this);
    new People(this);
    new Alertmanager(
      this,
      this.story.plots.map((plot) => this.open(plot)),
    );
  }

  /** Nothing goes wrong any more. */
  get isCalm(): boolean {
    return this.clock.nowMs() >= CALM_MS;
  }

  get lost(): number {
    return this.isCalm ? 0 : this.story.weather.lost;
  }

  get repeated(): number {
    return this.isCalm ? 0 : this.story.weather.repeated;
  }

  get delayed(): number {
    return this.isCalm ? 0 : this.story.weather.delayed;
  }

  /** Lets the day pass; throws what broke. */
  async run(): Promise<Day> {
    const isOver = () =>
      this.story.plots.length === [...this.releases.keys()].filter((id) => this.isSettled(id)).length;
    await this.clock.run(END_MS, isOver, () => undefined);
    this.invariants.atTheEnd();
    return { journal: this.journal.rows.map((row) => JSON.stringify(row)).join('\n'), seen: this.seen };
  }

  /** Every release with its live state. */
  states(): Iterable<[string, ReleaseState]> {
    return this.invariants.live;
  }

  state(release: string): ReleaseState {
    return this.invariants.live.get(release) ?? decisions.initialState;
  }

  isSettled(release: string): boolean {
    return isOverAndDone(this.state(release));
  }

  plotOf(release: string): Plot {
    return this.of(release).plot;
  }

  targetOf(release: string): ShopTarget {
    return this.of(release).target;
  }

  private of(release: string): { readonly plot: Plot; readonly target: ShopTarget } {
    const known = this.releases.get(release);
    invariant(known !== undefined, `nobody knows release ${release}`);
    return known;
  }

  private open(plot: Plot): { readonly plot: Plot; readonly shop: Shop } {
    const release = this.makeId('rel');
    const target = new ShopTarget(this, plot);
    this.releases.set(release, { plot, target });
    new Pipeline(this, plot, release, target);
    return { plot, shop: new Shop(this, plot, target) };
  }
}
