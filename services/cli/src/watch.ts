import type { CloudEvent, Page, ReleaseView, VerdictView } from '@parapet/contracts';
import type { VerdictKind } from '@parapet/guardrails';
import { CannotReach, type Client } from './client.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit.js';
import type { ReleaseRef } from './release-ref.js';
import { colourOf } from './render/paint.js';
import { storyLine } from './render/story.js';
import { clock, foreign, span } from './render/text.js';

export interface WatchOptions {
  /** The first verdict that stays, or the end of the whole watch. */
  readonly until: 'verdict' | 'final';
  readonly timeoutMs: number;
}

/** How long one question is held by Parapet; also the longest a change can go unseen. */
const WAIT_SECONDS = 10;
/** How long Parapet may be away in the middle of a watch: a restart, not an outage. */
const PATIENCE_MS = 10 * 60_000;
/** A line at least this often, so that nobody wonders whether it still watches. */
const QUIET_MS = 60_000;

/** Waits for a release's verdict, tells its story meanwhile, and ends with a code that a pipeline can use. */
export async function watch(context: Context, ref: ReleaseRef, options: WatchOptions): Promise<ExitCode> {
  const client = context.client();
  const release = await client.get<ReleaseView>(ref.path(), { query: ref.query });
  context.progress(`watching ${foreign(release.name)} in ${release.environment} (${release.id})`);
  const watching = new Watching(context, client, release);
  const verdict = await watching.untilSettled(options);
  context.answer(verdict, () => summary(context, release, verdict, isSettled(verdict, options)));
  return isSettled(verdict, options) ? codeOf(verdict.verdict) : EXIT.inconclusive;
}

class Watching {
  private sequence = 0;
  private said: string | null = null;
  private sawDecision = false;
  private saidAtMs: number;
  private readonly beganAtMs: number;

  constructor(
    private readonly context: Context,
    private readonly client: Client,
    private readonly release: ReleaseView,
  ) {
    this.beganAtMs = context.world.nowMs();
    this.saidAtMs = this.beganAtMs;
  }

  /** The verdict that settled it, or the last one known when the time was over. */
  async untilSettled(options: WatchOptions): Promise<VerdictView> {
    const { world } = this.context;
    const endsAtMs = this.beganAtMs + options.timeoutMs;
    let verdict = await this.ask(0);
    let heardAtMs = world.nowMs();
    let failures = 0;
    while (!isSettled(verdict, options) && world.nowMs() < endsAtMs) {
      const leftSeconds = Math.max(1, Math.ceil((endsAtMs - world.nowMs()) / 1000));
      const askedAtMs = world.nowMs();
      try {
        verdict = await this.ask(Math.min(WAIT_SECONDS, leftSeconds));
        if (failures > 0) this.say('Parapet answers again');
        heardAtMs = world.nowMs();
        failures = 0;
        // Held answers pace the loop; one that comes at once must not make it spin.
        if (!isSettled(verdict, options)) await this.pause(1000 - (world.nowMs() - askedAtMs));
      } catch (error) {
        const isOver = world.nowMs() - heardAtMs > PATIENCE_MS;
        if (!(error instanceof CannotReach) || isOver) throw error;
        if (failures === 0) this.say('Parapet does not answer; trying again');
        await this.pause(Math.min(10_000, 500 * 2 ** failures));
        failures++;
      }
    }
    return this.withWhatFollows(verdict);
  }

  /** What is decided follows the fail within moments, and whoever reads the log wants to see it. */
  private async withWhatFollows(verdict: VerdictView): Promise<VerdictView> {
    if (verdict.verdict !== 'fail' || verdict.final || this.sawDecision) return verdict;
    await this.pause(1000);
    try {
      return await this.ask(0);
    } catch (error) {
      // The verdict is known and stays; that Parapet is away now changes nothing about it.
      if (error instanceof CannotReach) return verdict;
      throw error;
    }
  }

  private async ask(waitSeconds: number): Promise<VerdictView> {
    const path = `/v1/releases/${this.release.id}`;
    const query = waitSeconds === 0 ? {} : { wait: waitSeconds };
    const verdict = await this.client.getOnce<VerdictView>(`${path}/verdict`, {
      query,
      timeoutMs: (waitSeconds + 15) * 1000,
    });
    await this.tell(path);
    this.tellQuiet(verdict);
    return verdict;
  }

  private async tell(path: string): Promise<void> {
    for (;;) {
      const page = await this.client.getOnce<Page<CloudEvent>>(`${path}/events`, {
        query: { after: this.sequence, limit: 200 },
      });
      const fresh = page.items.filter((event) => Number(event.sequence) > this.sequence);
      for (const event of fresh) {
        this.sequence = Number(event.sequence);
        this.sawDecision ||= event.type === 'dev.parapet.decision.made.v1';
        const line = storyLine(event, this.context.paint);
        if (line !== null) this.say(line);
      }
      if (page.next === null || fresh.length === 0) return;
    }
  }

  private tellQuiet(verdict: VerdictView): void {
    const { world, paint } = this.context;
    if (world.nowMs() - this.saidAtMs < QUIET_MS) return;
    const why = verdict.reason === undefined ? '' : ` (${verdict.reason})`;
    const judged = `${verdict.coverage.judged} of ${verdict.coverage.required} guardrails judged`;
    const since = span(world.nowMs() - this.beganAtMs);
    this.say(`${paint('dim', clock(verdict.asOf))}  still ${verdict.verdict}${why}, ${judged}, ${since} so far`);
  }

  private say(line: string): void {
    this.saidAtMs = this.context.world.nowMs();
    if (line === this.said) return;
    this.said = line;
    this.context.progress(line);
  }

  private async pause(ms: number): Promise<void> {
    if (ms > 0) await this.context.world.sleep(ms);
  }
}

/** A fail stays and a pass is earned at the end, so both settle it; what cannot be decided may still become either. */
function isSettled(verdict: VerdictView, { until }: WatchOptions): boolean {
  const stays = verdict.verdict === 'fail' || verdict.verdict === 'pass';
  return verdict.final || (until === 'verdict' && stays);
}

function codeOf(verdict: VerdictKind): ExitCode {
  switch (verdict) {
    case 'pass':
      return EXIT.ok;
    case 'fail':
      return EXIT.fail;
    case 'inconclusive':
    case 'pending':
      return EXIT.inconclusive;
  }
}

function summary(context: Context, release: ReleaseView, verdict: VerdictView, isDone: boolean): string {
  const word = context.paint(colourOf(verdict.verdict), verdict.verdict);
  const why = verdict.reason === undefined ? '' : ` (${verdict.reason})`;
  const judged = `${verdict.coverage.judged} of ${verdict.coverage.required} required guardrails judged`;
  const action = verdict.action === 'roll-back' ? ', a rollback is ordered' : '';
  const open = isDone ? '' : ', and the time for watching is over';
  const more = [verdict.attribution?.words, verdict.words, verdict.advice]
    .flatMap((words) => (words === undefined ? [] : [`\n  ${foreign(words)}`]))
    .join('');
  return `${foreign(release.name)}: ${word}${why}, ${judged}${action}${open}${more}`;
}
