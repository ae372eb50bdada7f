import type { OrderStep, RollbackOrdered } from '@parapet/actuation';
import { fromJournal, type SignalBatch } from '@parapet/contracts';
import {
  decisions,
  openProposal,
  type ProposalEnded,
  type ProposalOpened,
  type ReleaseEvent,
  type ReleaseState,
} from '@parapet/decisions';
import { replay, type VerdictChanged } from '@parapet/guardrails';
import { canonicalJson, type InstantMs } from '@parapet/kernel';
import { sha256 } from '@parapet/postgres';
import { fold, GENESIS_HASH, type JournalRow, verifyRows } from '@parapet/runtime';
import type { StepRequest } from '../../services/rollback-actuation/src/target.js';
import { INTERVAL_MS, isOrdersRequired } from './configuration.js';
import { isOfRelease } from './control.js';
import { saidOf } from './evaluator.js';
import { MINUTE_MS, type Plot } from './plot.js';
import type { World } from './world.js';

/** A promise that was broken, by its name. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** What reached us of a part's measurements, counted by the simulation itself. */
interface Reached {
  readonly values: Map<string, Map<string, InstantMs>>;
  newestReceivedMs: Record<string, InstantMs>;
  badSigns: number;
}

/** The promises of the whole system, looked at from outside of it: what it wrote, what it sent, and what really happened. */
export class Invariants {
  private readonly opened = new Map<string, ProposalOpened>();
  private readonly ended = new Map<string, ProposalEnded>();
  private readonly orders = new Map<string, RollbackOrdered>();
  private readonly decided = new Map<string, string>();
  private readonly verdicts = new Map<string, VerdictChanged>();
  private readonly revisions = new Map<string, number>();
  /** Who approved what was shown at which revision. */
  private readonly approvals = new Set<string>();
  private readonly sends = new Set<string>();
  private readonly executions = new Map<string, number>();
  private readonly reached = new Map<string, Reached>();
  private watchdogMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly world: World) {}

  /** The live state of each release: evolved event by event, never folded anew. */
  readonly live = new Map<string, ReleaseState>();

  /** After every transaction. */
  committed(rows: readonly JournalRow[]): void {
    for (const row of rows) {
      const event = fromJournal(row);
      if (event === null || !isOfRelease(event)) continue;
      this.said(row, event);
      const before = this.live.get(row.stream) ?? decisions.initialState;
      this.live.set(row.stream, decisions.evolve(before, event));
    }
  }

  private said(row: JournalRow, event: ReleaseEvent): void {
    const { stream: release } = row;
    switch (event.type) {
      case 'VerdictChanged':
        return this.verdict(release, event);
      case 'DecisionMade':
        this.world.seen.add(`decided ${event.outcome}`);
        return void this.decided.set(release, event.outcome);
      case 'ProposalOpened':
        this.holds(!this.opened.has(event.proposal), 'a proposal is opened once', event);
        this.world.seen.add('proposal opened');
        return void this.opened.set(event.proposal, event);
      case 'ProposalChanged':
        return void this.revisions.set(event.proposal, event.revision);
      case 'ProposalAnswered':
        if (event.word === 'approve') this.approvals.add(`${event.proposal} ${event.revision} ${event.by}`);
        return;
      case 'ProposalEnded':
        return this.end(event);
      case 'RollbackOrdered':
        return this.order(release, event);
      case 'ActuationStarted':
        return this.holds(this.orders.has(event.actuation), 'nothing is carried out that was not ordered', event);
      case 'ActuationFinished':
        return void this.world.seen.add(`actuation ${event.outcome}`);
      case 'RollbackVerified':
        return this.verified(release, event.outcome);
      default:
        return;
    }
  }

  private verdict(release: string, verdict: VerdictChanged): void {
    const plot = this.world.plotOf(release);
    const before = this.verdicts.get(release);
    this.verdicts.set(release, verdict);
    this.world.seen.add(`verdict ${verdict.to}`);
    this.holds(before?.to !== 'fail' || verdict.to === 'fail', 'a failure stays', verdict);
    this.holds(before?.final !== true, 'nothing is said after the last word', verdict);
    const reached = this.reached.get(plot.component);
    if (verdict.to === 'fail') {
      const hasSigns = plot.isBad && (reached?.badSigns ?? 0) > 0;
      this.holds(hasSigns, 'silence alone, or what others did, never fails a release', verdict);
    }
    if (verdict.to === 'pass') this.passIsEarned(plot, verdict);
  }

  /** Counted here from what was stored, with a little leniency: the core may know less than this, never more. */
  private passIsEarned(plot: Plot, verdict: VerdictChanged): void {
    const nowMs = this.world.clock.nowMs();
    const reached = this.reached.get(plot.component);
    const required = isOrdersRequired(plot) ? ['orders', 'latency'] : ['latency'];
    for (const signal of required.map((what) => `${plot.component}.${what}`)) {
      const instants = [...(reached?.values.get(signal)?.values() ?? [])].filter((atMs) => atMs > plot.deployAtMs);
      const share = (instants.length * INTERVAL_MS) / (nowMs - plot.deployAtMs);
      this.holds(share >= 0.7, 'missing data is never a pass', { signal, share, verdict });
      const quietMs = nowMs - (reached?.newestReceivedMs[signal] ?? 0);
      this.holds(quietMs <= MINUTE_MS, 'stale data is never a pass', { signal, quietMs, verdict });
    }
    const isWatchdogHeard = this.watchdogMs >= plot.deployAtMs && nowMs - this.watchdogMs <= 3 * MINUTE_MS;
    this.holds(isWatchdogHeard, 'a silent sender of alerts is never a pass', verdict);
  }

  private end(event: ProposalEnded): void {
    this.holds(this.opened.has(event.proposal), 'only what was opened ends', event);
    this.holds(!this.ended.has(event.proposal), 'no proposal has two ends', event);
    this.ended.set(event.proposal, event);
    this.world.seen.add(`proposal ${event.end}`);
    if (event.end !== 'approved') return;
    const needed = this.opened.get(event.proposal)?.approvalsNeeded ?? Number.POSITIVE_INFINITY;
    this.holds(new Set(event.by).size >= needed, 'an approval has as many people as are needed', event);
    const revision = this.revisions.get(event.proposal) ?? 1;
    const isForThis = event.by.every((who) => this.approvals.has(`${event.proposal} ${revision} ${who}`));
    this.holds(isForThis, 'an approval counts for what was shown, and for nothing newer', event);
    this.holds(!event.by.includes('release-lead'), 'who started a release does not approve its rollback', event);
  }

  private order(release: string, order: RollbackOrdered): void {
    const plot = this.world.plotOf(release);
    this.holds(!this.orders.has(order.actuation), 'an order is given once', order);
    this.orders.set(order.actuation, order);
    this.holds(this.verdicts.get(release)?.to === 'fail', 'only what failed goes back', order);
    this.holds(order.steps.length > 0 && plot.hasPrevious, 'an order has somewhere to go back to', order);
    const { proposal } = order;
    const end = proposal === undefined ? undefined : this.ended.get(proposal)?.end;
    const isDeclared = end === 'expired' && this.opened.get(proposal ?? '')?.onExpiry === 'roll-back';
    const isDecided = proposal === undefined ? this.decided.get(release) === 'auto' : end === 'approved' || isDeclared;
    this.holds(isDecided, 'every order was decided', order);
    const isAutomatic = end !== 'approved';
    const hasWayBack = plot.reversibility === 'yes' || (plot.reversibility === 'partly' && end === undefined);
    this.holds(!isAutomatic || hasWayBack, 'what has no way back is never rolled back automatically', order);
    const isUnderWayAlready = isUnderWay(this.world.state(release));
    this.holds(!isUnderWayAlready, 'one rollback of a release at a time', order);
  }

  private verified(release: string, outcome: 'verified' | 'not-verified'): void {
    this.world.seen.add(outcome);
    if (outcome === 'not-verified') return;
    const { version } = this.world.targetOf(release);
    this.holds(version === '1', 'what is verified really runs', { release, version });
  }

  /** Before every request to a target. */
  sending(request: StepRequest): void {
    const [actuation = '', step = ''] = request.key.split('.');
    const order = this.orders.get(actuation);
    const nowMs = this.world.clock.nowMs();
    this.holds(order !== undefined, 'nothing is sent that was not ordered', request);
    this.holds(nowMs < Date.parse(order?.notAfter ?? ''), 'nothing is sent after its time', request);
    const written = this.world.journal
      .stream(order?.release ?? '')
      .map(fromJournal)
      .findLast((e) => e?.type === 'ActuationStepChanged' && e.actuation === actuation && e.step === step);
    const isWritten = written?.type === 'ActuationStepChanged' && written.state === 'sent';
    this.holds(isWritten, 'nothing is sent before it is written', request);
    const once = `${request.key} ${isWritten ? written.attempt : ''}`;
    this.holds(!this.sends.has(once), 'one attempt is one request', request);
    this.sends.add(once);
  }

  /** When a target begins to do a step. */
  executed(key: string, step: OrderStep): void {
    const times = (this.executions.get(key) ?? 0) + 1;
    this.executions.set(key, times);
    this.holds(times === 1 || step.isRepeatable, 'a step that is not repeatable is executed once', { key, times });
    const remembers = this.world.story.plots.some((p) => p.target === step.target && p.targetRemembers);
    this.holds(times === 1 || !remembers, 'a target that remembers keys does each once', { key, times });
  }

  /** When something reached the stream of signals. */
  signalStored(batch: SignalBatch): void {
    const nowMs = this.world.clock.nowMs();
    for (const { signal, atMs, key, value } of batch.samples) {
      if (value.kind === 'gap') continue;
      const reached = this.reachedOf(signal.split('.')[0] ?? '');
      const values = reached.values.get(signal) ?? new Map<string, InstantMs>();
      reached.values.set(signal, values.set(key, atMs));
      reached.newestReceivedMs[signal] = nowMs;
      const isBad = value.kind === 'count' ? value.count / value.of < 0.95 : value.kind === 'gauge' && value.value > 4;
      if (isBad) reached.badSigns += 1;
    }
    for (const { labels, status } of batch.alerts?.statements ?? []) {
      if (labels['alertname'] === 'Watchdog') this.watchdogMs = nowMs;
      if (labels['alertname'] === 'CheckoutFails' && status === 'firing')
        this.reachedOf(labels['service'] ?? '').badSigns += 1;
    }
  }

  private reachedOf(component: string): Reached {
    const known = this.reached.get(component) ?? { values: new Map(), newestReceivedMs: {}, badSigns: 0 };
    this.reached.set(component, known);
    return known;
  }

  /** Once the day is over. */
  atTheEnd(): void {
    const { rows } = this.world.journal;
    const chain = verifyRows(rows, GENESIS_HASH, sha256);
    this.holds(chain.kind === 'intact', 'seq is gapless and the chain is whole', chain);
    for (const [release, live] of this.live) {
      const story = this.world.journal.stream(release);
      const versions = story.map((row) => row.version);
      this.holds(
        versions.every((v, i) => v === i + 1),
        'versions are gapless',
        versions,
      );
      const fresh = fold(decisions, story.map(fromJournal).filter(isKnown));
      this.holds(canonicalJson(fresh) === canonicalJson(live), 'a fresh fold gives the live state', { fresh, live });
      this.evidenceExplains(release, story);
      this.isSettled(release, live);
    }
    this.holds(this.live.size === this.world.story.plots.length, 'every release was registered', [...this.live.keys()]);
  }

  /** Judging again from the kept evidence says what was said, word for word. */
  private evidenceExplains(release: string, story: readonly JournalRow[]): void {
    const spec = this.world.evaluator.specs.get(release);
    this.holds(spec !== undefined, 'every release that began was watched', release);
    if (spec === undefined) return;
    const again = replay(spec, this.world.evaluator.inputs.get(release) ?? []).map(({ said }) => said);
    const said = saidOf(story).map((event) => ({ ...(event as object), evidence: undefined }));
    this.holds(canonicalJson(again) === canonicalJson(said), 'the evidence explains every verdict', { again, said });
  }

  private isSettled(release: string, state: ReleaseState): void {
    const plot = this.world.plotOf(release);
    const shown = { plot, state };
    this.holds(this.world.isSettled(release), 'every release comes to an end', shown);
    if (state.phase === 'unregistered') return;
    const verdict = state.verdict?.to;
    if (!plot.isBad)
      this.holds(verdict === 'pass' || verdict === 'inconclusive', 'a healthy release is not blamed', shown);
    if (this.isNoticeable(plot))
      this.holds(verdict === 'fail' || isTwoFold(state.verdict), 'a bad release that shows it fails', shown);
    if (verdict === 'fail') this.holds(state.decision !== null, 'every failure is decided on', shown);
    const wasAsked = state.decision?.made.outcome === 'propose';
    if (wasAsked) this.holds(state.proposals.length > 0, 'who is to be asked was asked', shown);
  }

  /** Bad in a way that counts, measured without a break, and nobody took the version away before it could be seen. */
  private isNoticeable(plot: Plot): boolean {
    const isMeasured = plot.sensors === 'whole' && plot.meddledAtMs === null;
    const counts =
      plot.symptoms.includes('latency') || (plot.symptoms.includes('orders') && plot.ordersMode !== 'observe');
    return plot.isBad && isMeasured && counts;
  }

  private holds(condition: boolean, promise: string, shown: unknown): void {
    if (condition) return;
    const at = new Date(this.world.clock.nowMs()).toISOString();
    throw new Broken(`${promise}: broken at ${at}\n${JSON.stringify(shown, null, 1)?.slice(0, 6_000)}`);
  }
}

function isKnown(event: ReturnType<typeof fromJournal>): event is ReleaseEvent {
  return event !== null && isOfRelease(event);
}

/** Whether an order is being carried out. */
export function isUnderWay(state: ReleaseState): boolean {
  if (state.phase === 'unregistered') return false;
  return state.rollback?.state === 'ordered' || state.rollback?.state === 'running';
}

/** Whether nobody is blamed because another release began about when things got worse: then no evidence tells the two apart. */
function isTwoFold(verdict: VerdictChanged | null): boolean {
  const another = verdict?.attribution?.alternatives.some(
    (one) => one.kind === 'release' && one.finding === 'possible',
  );
  return verdict?.reason === 'not-attributed' && another === true;
}

/** Whether nothing more can be expected of a release. */
export function isOverAndDone(state: ReleaseState): boolean {
  if (state.phase === 'unregistered' || isUnderWay(state) || openProposal(state) !== null) return false;
  if (state.phase === 'rolled-back') return state.rollback === null || state.rollback.state === 'verified';
  return state.phase === 'finished' || (state.phase === 'failed' && state.verdict?.final === true);
}
