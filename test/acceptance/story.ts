import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, caller, type StoryEvent } from '../../tools/demo/api.mjs';
import { startWorld, type World, type WorldOptions } from '../../tools/demo/world.mjs';

/** A step that can be undone: nothing but code. */
export const CODE = [{ kind: 'code', what: 'new version of the shop', reversible: 'yes' }];

/** A world of one test's own, and its callers. */
export interface OwnWorld {
  readonly world: World;
  readonly pipeline: Caller;
  readonly person: Caller;
  readonly stateDir: string;
  stop(): Promise<void>;
}

/** Starts a world in a folder of its own, which goes with it. */
export async function ownWorld(o: Partial<WorldOptions> = {}): Promise<OwnWorld> {
  const stateDir = mkdtempSync(join(tmpdir(), 'parapet-world-'));
  const lines: string[] = [];
  try {
    const world = await startWorld({
      stateDir,
      proposalExpiresSeconds: 120,
      recoverWithinSeconds: 90,
      say: (line) => void lines.push(line),
      ...o,
    });
    return {
      world,
      stateDir,
      pipeline: caller(world.system.urls.console, world.tokens.pipeline),
      person: caller(world.system.urls.console, world.tokens.person),
      async stop() {
        await world.stop();
        rmSync(stateDir, { recursive: true, force: true });
      },
    };
  } catch (cause) {
    throw new Error(`the world did not start; it said:\n${lines.join('\n')}`, { cause });
  }
}

/** The `noun.verb` of an event. */
export function typeOf(event: StoryEvent): string {
  return event.type.replace(/^dev\.parapet\.(.*)\.v1$/, '$1');
}

/**
 * Follows a release's events until one satisfies the condition, telling each to `onEvent`; answers all of them so far.
 * Throws with the story told so far where none did in time.
 */
export async function follow(
  person: Caller,
  release: string,
  isEnd: (event: StoryEvent) => boolean,
  o: { readonly withinMs?: number; readonly onEvent?: (event: StoryEvent) => Promise<void> | void } = {},
): Promise<readonly StoryEvent[]> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), o.withinMs ?? 120_000);
  const seen: StoryEvent[] = [];
  try {
    for await (const event of person.events(release, 0, over.signal)) {
      seen.push(event);
      await o.onEvent?.(event);
      if (isEnd(event)) return seen;
    }
    throw new Error(`the end did not come in time; the story of ${release} so far:\n${told(seen)}`);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** A story in lines, with when each event came and what it says: for whoever wants to know why it ended otherwise. */
export function told(story: readonly StoryEvent[]): string {
  const startMs = Date.parse(story[0]?.time ?? '');
  const lines = story.map((event) => {
    const { to, outcome, reason, guardrails } = event.data;
    const atSeconds = ((Date.parse(event.time) - startMs) / 1000).toFixed(1);
    return `${event.sequence} after ${atSeconds} s: ${typeOf(event)} ${JSON.stringify({ to, outcome, reason, guardrails })}`;
  });
  return lines.join('\n');
}

/** Throws with the story told where its rollback was not verified. */
export function expectVerified(story: readonly StoryEvent[]): void {
  const outcome = story.at(-1)?.data.outcome;
  if (outcome !== 'verified')
    throw new Error(`the rollback ended as ${String(outcome)}, not verified:\n${told(story)}`);
}

/** Ends of a rollback's story: verified or not. */
export const isVerification = (event: StoryEvent): boolean => typeOf(event) === 'rollback.verified';
