import type { Page, PhaseRequest, RegisterReleaseRequest, ReleaseView } from '@parapet/contracts';
import type { ReleasePhase, ReleaseStep } from '@parapet/decisions';
import { parseDuration } from '@parapet/kernel';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Context } from '../context.js';
import { type ExitCode, misused } from '../exit.js';
import { releaseRef } from '../release-ref.js';
import { colourOf } from '../render/paint.js';
import { facts, foreign, instant, table } from '../render/text.js';
import { watch, type WatchOptions } from '../watch.js';
import type { World } from '../world.js';

const PHASES: readonly ReleasePhase[] = ['deploying', 'live', 'failed', 'superseded', 'rolled-back', 'finished'];
const TIMEOUT = '6h';

/** `parapet release …`: the two calls of a pipeline, and what became of them. */
export function releaseCommands(program: Command, world: World, end: (code: ExitCode) => void): void {
  const release = program
    .command('release')
    .description('register releases, say how far they are, wait for their verdict');

  release
    .command('start')
    .description('register a release before anything changes')
    .requiredOption('--name <name>', 'its name, unique in the environment')
    .requiredOption('--workload <workload>', 'a declared workload')
    .requiredOption('--environment <environment>', 'where it goes')
    .requiredOption('--component <component=version>', 'what it puts there; repeatable', collect, [])
    .option('--artifact <component=artifact>', 'package URL of a component; repeatable', collect, [])
    .option(
      '--step <kind:reversible:what>',
      'what the deployment changes; reversible is yes, partly or no; repeatable',
      collect,
      [],
    )
    .addOption(new Option('--criticality <word>', 'raises that of the workload').choices(['low', 'medium', 'high']))
    .option('--previous <release>', 'the release to go back to; else the newest that passed')
    .option('--policy <name>', 'a GuardrailPolicy; else that of the workload')
    .option('--started-by <subject>', 'who started it; may not approve its rollback unless the policy says so')
    .option('--link <title=address>', 'shown beside the release; repeatable', collect, [])
    .option('--label <name=value>', 'label; also attaches alerts; repeatable', collect, [])
    .option('--deploying', 'say at once that the deployment has begun')
    .action(async (options: StartOptions, command: Command) => {
      const context = Context.of(world, command);
      const client = context.client();
      const registered = await client.post<ReleaseView>('/v1/releases', registration(options));
      const view =
        options.deploying === true
          ? await client.post<ReleaseView>(`/v1/releases/${registered.id}/phases`, { phase: 'deploying' })
          : registered;
      context.answer(view, () => `${view.id}\n${describe(context, view)}`);
    });

  release
    .command('phase <release> <phase>')
    .description(`say how far a release is: ${PHASES.join(', ')}`)
    .option('--environment <environment>', 'with a name instead of an id')
    .option('--at <time>', 'when it happened (RFC 3339); else now')
    .option('--store <store>', 'only in this store so far; repeatable', collect, [])
    .option('--percent <percent>', 'only for this share of the traffic so far', number)
    .action(async (name: string, phase: string, options: PhaseOptions, command: Command) => {
      const context = Context.of(world, command);
      const ref = releaseRef(name, options.environment);
      const view = await context
        .client()
        .post<ReleaseView>(ref.path('/phases'), phaseRequest(phase, options), { query: ref.query });
      context.answer(view, () => describe(context, view));
    });

  release
    .command('status <release>')
    .description('what is known of a release')
    .option('--environment <environment>', 'with a name instead of an id')
    .action(async (name: string, options: { environment?: string }, command: Command) => {
      const context = Context.of(world, command);
      const ref = releaseRef(name, options.environment);
      const view = await context.client().get<ReleaseView>(ref.path(), { query: ref.query });
      context.answer(view, () => describe(context, view));
    });

  release
    .command('list')
    .description('releases, the newest first')
    .option('--environment <environment>', 'only of this environment')
    .option('--workload <workload>', 'only of this workload')
    .option('--limit <count>', 'how many, at most 200', number, 20)
    .option('--after <cursor>', 'go on where a list ended (next)')
    .action(async (options: ListOptions, command: Command) => {
      const context = Context.of(world, command);
      const page = await context.client().get<Page<ReleaseView>>('/v1/releases', { query: { ...options } });
      context.answer(page, () => listText(context, page));
    });

  release
    .command('watch <release>')
    .description('wait for the verdict; ends 0 on pass, 1 on fail, 2 on inconclusive')
    .option('--environment <environment>', 'with a name instead of an id')
    .option(
      '--timeout <duration>',
      'give up after this long, such as 90s, 30m or 2h',
      duration,
      parseDuration(TIMEOUT) as number,
    )
    .addOption(
      new Option('--until <moment>', 'the first pass or fail, or the end of the whole watch')
        .choices(['verdict', 'final'])
        .default('verdict'),
    )
    .action(
      async (
        name: string,
        options: { environment?: string; timeout: number; until: WatchOptions['until'] },
        command: Command,
      ) => {
        const context = Context.of(world, command);
        end(
          await watch(context, releaseRef(name, options.environment), {
            until: options.until,
            timeoutMs: options.timeout,
          }),
        );
      },
    );
}

interface StartOptions {
  readonly name: string;
  readonly workload: string;
  readonly environment: string;
  readonly component: readonly string[];
  readonly artifact: readonly string[];
  readonly step: readonly string[];
  readonly criticality?: NonNullable<RegisterReleaseRequest['criticality']>;
  readonly previous?: string;
  readonly policy?: string;
  readonly startedBy?: string;
  readonly link: readonly string[];
  readonly label: readonly string[];
  readonly deploying?: boolean;
}

interface PhaseOptions {
  readonly environment?: string;
  readonly at?: string;
  readonly store: readonly string[];
  readonly percent?: number;
}

interface ListOptions {
  readonly environment?: string;
  readonly workload?: string;
  readonly limit: number;
  readonly after?: string;
}

function registration(options: StartOptions): RegisterReleaseRequest {
  if (options.component.length === 0) throw misused('a release has at least one --component component=version');
  const artifacts = new Map(options.artifact.map((text) => pair(text, '--artifact')));
  const components = options.component.map((text) => {
    const [component, version] = pair(text, '--component');
    const artifact = artifacts.get(component);
    artifacts.delete(component);
    return artifact === undefined ? { component, version } : { component, version, artifact };
  });
  for (const stray of artifacts.keys())
    throw misused(`--artifact names the component ${stray}, which no --component does`);
  const { name, workload, environment, criticality, previous, policy, startedBy } = options;
  return {
    name,
    workload,
    environment,
    components,
    ...(options.step.length === 0 ? {} : { steps: options.step.map(step) }),
    ...(criticality === undefined ? {} : { criticality }),
    ...(previous === undefined ? {} : { previous }),
    ...(policy === undefined ? {} : { policy }),
    ...(startedBy === undefined ? {} : { startedBy }),
    ...(options.link.length === 0
      ? {}
      : { links: options.link.map((text) => pair(text, '--link')).map(([title, href]) => ({ title, href })) }),
    ...(options.label.length === 0
      ? {}
      : { labels: Object.fromEntries(options.label.map((text) => pair(text, '--label'))) }),
  };
}

function phaseRequest(phase: string, options: PhaseOptions): PhaseRequest {
  if (!PHASES.includes(phase as ReleasePhase)) throw misused(`"${phase}" is no phase; say one of ${PHASES.join(', ')}`);
  const { at, store, percent } = options;
  const scope = { ...(store.length === 0 ? {} : { stores: store }), ...(percent === undefined ? {} : { percent }) };
  return {
    phase: phase as ReleasePhase,
    ...(at === undefined ? {} : { at }),
    ...(Object.keys(scope).length === 0 ? {} : { scope }),
  };
}

function describe(context: Context, view: ReleaseView): string {
  const { paint, width } = context;
  const verdict = `${paint(colourOf(view.verdict), view.verdict)}${view.reason === undefined ? '' : ` (${view.reason})`}${view.final ? ', for good' : ''}`;
  const versions = (components: ReleaseView['components']) =>
    components.map((one) => foreign(`${one.component} ${one.version}`)).join(', ');
  const head = facts(
    [
      ['release', foreign(view.name)],
      ['id', view.id],
      ['where', `${view.workload} in ${view.environment}`],
      ['components', versions(view.components)],
      ['goes back to', view.previous === null ? 'nothing yet' : versions(view.previous.components)],
      ['phase', view.phase],
      ['verdict', verdict],
      ['criticality', `${view.criticality}, reversible: ${view.reversibility}`],
      ['decision', view.decision],
      ['proposal', view.proposal],
      ['rollback', view.rollback],
      ['live since', view.liveAt === null ? null : instant(view.liveAt)],
    ],
    width,
  );
  if (view.guardrails.length === 0) return head;
  const rows = view.guardrails.map((one) => [
    paint(colourOf(one.verdict), one.verdict),
    one.mode,
    foreign(one.name),
    foreign(one.words),
  ]);
  return `${head}\n\n${table(['SAYS', 'MODE', 'GUARDRAIL', 'BECAUSE'], rows, width)}`;
}

function listText(context: Context, page: Page<ReleaseView>): string {
  if (page.items.length === 0) return 'no releases yet';
  const isWide = context.width >= 110;
  const headings = ['VERDICT', 'PHASE', 'ENVIRONMENT', 'REGISTERED', ...(isWide ? ['ID'] : []), 'NAME'];
  const rows = page.items.map((view) => [
    context.paint(colourOf(view.verdict), view.verdict),
    view.phase,
    view.environment,
    instant(view.registeredAt),
    ...(isWide ? [view.id] : []),
    foreign(view.name),
  ]);
  const more = page.next === null ? '' : `\nmore: --after ${page.next}`;
  return `${table(headings, rows, context.width)}${more}`;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('not a number');
  return value;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('a length of time such as 90s, 30m or 2h');
  return ms;
}

function pair(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw misused(`${option} takes name=value, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function step(text: string): ReleaseStep {
  const [kind, reversible, ...what] = text.split(':');
  const isWord = reversible === 'yes' || reversible === 'partly' || reversible === 'no';
  if (kind === undefined || kind === '' || !isWord || what.join(':') === '') {
    throw misused(
      `--step takes kind:yes|partly|no:what, such as "database-migration:no:adds pos_order.loyalty_id", not "${text}"`,
    );
  }
  return { kind, reversible, what: what.join(':') };
}
