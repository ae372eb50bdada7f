import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { EvidenceView } from '@parapet/contracts';
import {
  evidenceNext,
  evidenceStart,
  type Replayed,
  replay,
  type WatchInput,
  type WatchSpec,
} from '@parapet/guardrails';
import { canonicalJson } from '@parapet/kernel';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { EXIT, type ExitCode, Failure, misused } from '../exit.js';
import { releaseRef } from '../release-ref.js';
import { colourOf } from '../render/paint.js';
import { clock, foreign } from '../render/text.js';
import type { World } from '../world.js';

interface ReplayOptions {
  readonly environment?: string;
  readonly file?: string;
  readonly save?: string;
}

/** `parapet replay`: judges a release again from its kept evidence and compares with what was said then. */
export function replayCommand(program: Command, world: World, end: (code: ExitCode) => void): void {
  program
    .command('replay [release]')
    .description('judge a release again from its evidence; ends 1 if anything differs from what was said')
    .option('--environment <environment>', 'with a name instead of an id')
    .option('--file <file>', 'take the evidence from a file, without Parapet')
    .option('--save <file>', 'keep the evidence in a file')
    .action(async (release: string | undefined, options: ReplayOptions, command: Command) => {
      const context = Context.of(world, command);
      const evidence = await evidenceOf(context, release, options);
      if (options.save !== undefined) writeFileSync(options.save, `${JSON.stringify(evidence)}\n`);
      const outcome = compare(evidence);
      context.answer(outcome, () => describe(context, outcome));
      end(outcome.isSame ? EXIT.ok : EXIT.fail);
    });
}

/** All pages of a release's evidence as one. */
interface Evidence {
  readonly release: string;
  readonly spec: WatchSpec;
  readonly inputs: readonly { readonly n: number; readonly input: WatchInput }[];
  readonly verdicts: readonly { readonly n: number; readonly verdict: unknown }[];
  readonly digest: EvidenceView['digest'];
}

interface Difference {
  readonly n: number;
  /** JSON pointer of the first member that differs; empty where there is nothing on one side. */
  readonly at: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** Whether the evidence at hand is what was judged then, by its digest. */
type Proof =
  | { readonly kind: 'same'; readonly sha256: string }
  | { readonly kind: 'different'; readonly recorded: string; readonly computed: string; readonly inputs: number }
  | { readonly kind: 'unknown' };

interface Outcome {
  readonly release: string;
  readonly inputs: number;
  readonly isSame: boolean;
  readonly digest: Proof;
  readonly said: readonly Replayed[];
  readonly differences: readonly Difference[];
}

async function evidenceOf(context: Context, release: string | undefined, options: ReplayOptions): Promise<Evidence> {
  if (options.file !== undefined) return complete(fromFile(options.file));
  if (release === undefined) throw misused('which release? Give its id, its name with --environment, or --file');
  return complete(await fetchAll(context, release, options.environment));
}

async function fetchAll(context: Context, release: string, environment: string | undefined): Promise<EvidenceView> {
  const client = context.client();
  const ref = releaseRef(release, environment);
  const inputs: EvidenceView['inputs'][number][] = [];
  const verdicts: EvidenceView['verdicts'][number][] = [];
  let after: string | undefined;
  for (;;) {
    const page = await client.get<EvidenceView>(ref.path('/evidence'), { query: { ...ref.query, after, limit: 200 } });
    inputs.push(...page.inputs);
    verdicts.push(...page.verdicts);
    if (page.next === null) return { ...page, inputs, verdicts, next: null };
    after = page.next;
  }
}

function fromFile(file: string): EvidenceView {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as EvidenceView;
  } catch (cause) {
    throw new Failure(EXIT.usage, `cannot read evidence from ${file}: ${(cause as Error).message}`, undefined, {
      cause,
    });
  }
}

/** Evidence with a hole proves nothing, neither that the verdict was right nor that it was wrong. */
function complete(view: EvidenceView): Evidence {
  const incomplete = (why: string) => new Failure(EXIT.inconclusive, `${view.release} cannot be judged again: ${why}`);
  if (view.spec === null || view.spec === undefined)
    throw incomplete('it has not been watched, or its evidence is not kept any more');
  const hole = view.inputs.findIndex((input, i) => input.n !== i + 1);
  if (hole !== -1) throw incomplete(`input ${hole + 1} is missing`);
  return {
    release: view.release,
    spec: view.spec as WatchSpec,
    inputs: view.inputs as Evidence['inputs'],
    verdicts: view.verdicts,
    digest: view.digest,
  };
}

function compare(evidence: Evidence): Outcome {
  const said = replay(
    evidence.spec,
    evidence.inputs.map((one) => one.input),
  );
  const recorded = evidence.verdicts.map(({ n, verdict }) => ({ n, said: withoutAddress(verdict) }));
  const differences: Difference[] = [];
  for (let i = 0; i < Math.max(said.length, recorded.length); i++) {
    const [then, now] = [recorded[i], said[i]];
    if (canonicalJson(then ?? null) === canonicalJson(now ?? null)) continue;
    const [recordedNow, replayedNow] = [then?.said ?? null, now?.said ?? null];
    const n = then?.n ?? now?.n ?? 0;
    // The same words, said after another input: what differs is when.
    const isMoved = canonicalJson(recordedNow) === canonicalJson(replayedNow);
    differences.push(
      isMoved
        ? { n, at: '/input', recorded: then?.n ?? null, replayed: now?.n ?? null }
        : { n, ...firstDifference(recordedNow, replayedNow) },
    );
  }
  const digest = proofOf(evidence);
  return {
    release: evidence.release,
    inputs: evidence.inputs.length,
    isSame: differences.length === 0 && digest.kind !== 'different',
    digest,
    said,
    differences,
  };
}

/** Follows two values down to the first member in which they differ. */
function firstDifference(recorded: unknown, replayed: unknown, at = ''): Omit<Difference, 'n'> {
  const [then, now] = [membersOf(recorded), membersOf(replayed)];
  if (then !== null && now !== null) {
    for (const name of new Set([...Object.keys(then), ...Object.keys(now)])) {
      if (canonicalJson(then[name] ?? null) !== canonicalJson(now[name] ?? null))
        return firstDifference(then[name] ?? null, now[name] ?? null, `${at}/${name}`);
    }
  }
  return { at, recorded, replayed };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

/** Follows the chain of digests from the specification through the inputs up to the one that was kept. */
function proofOf({ spec, inputs, digest }: Evidence): Proof {
  if (digest === undefined || digest.inputs > inputs.length) return { kind: 'unknown' };
  const judged = inputs.slice(0, digest.inputs);
  const computed = judged.reduce((chain, { input }) => evidenceNext(chain, input, sha256), evidenceStart(spec, sha256));
  return computed === digest.sha256
    ? { kind: 'same', sha256: computed }
    : { kind: 'different', recorded: digest.sha256, computed, inputs: digest.inputs };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Where the evidence is kept was added to what was said, not said. */
function withoutAddress(verdict: unknown): unknown {
  if (typeof verdict !== 'object' || verdict === null) return verdict;
  return Object.fromEntries(Object.entries(verdict).filter(([member]) => member !== 'evidence'));
}

function describe(context: Context, outcome: Outcome): string {
  const { paint } = context;
  const lines = outcome.said.map(({ n, said }) => {
    if (said.type === 'RecoveryJudged') return `  input ${n}  guardrails ${said.outcome}`;
    return `  input ${n}  ${clock(said.since)}  ${said.from} → ${paint(colourOf(said.to), said.to)}${said.reason === undefined ? '' : ` (${said.reason})`}`;
  });
  const [first] = outcome.differences;
  const difference =
    first === undefined
      ? []
      : [
          `first difference: input ${first.n}${first.at === '' ? '' : ` at ${foreign(first.at)}`}`,
          `  said then  ${foreign(JSON.stringify(first.recorded))}`,
          `  said now   ${foreign(JSON.stringify(first.replayed))}`,
        ];
  return [outcome.release, ...lines, ...difference, ...conclusionOf(context, outcome)].join('\n');
}

function conclusionOf({ paint }: Context, { differences, digest, inputs }: Outcome): readonly string[] {
  const evidence =
    digest.kind === 'different'
      ? [
          paint('red', `this is not the evidence that was judged: the digest of its first ${digest.inputs} inputs was`),
          `  ${digest.recorded} and is now`,
          `  ${digest.computed}`,
        ]
      : [];
  if (differences.length > 0) return [...evidence, paint('red', `${differences.length} of what was said differ`)];
  if (digest.kind === 'different') return evidence;
  const said = digest.kind === 'same' ? 'bit for bit what was said' : 'the same as was said';
  const known = digest.kind === 'same' ? `, SHA-256 ${digest.sha256}` : '; the digest of the evidence is not known';
  return [paint('green', `${said}, from ${inputs} inputs${known}`)];
}
