import type { Page, ReleaseView } from '@parapet/contracts';
import { parseDuration } from '@parapet/kernel';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Context } from '../context.js';
import type { ExitCode } from '../exit.js';
import { releaseRef } from '../release-ref.js';
import { releasesText, releaseText } from '../render/release.js';
import { watch, type WatchOptions } from '../watch.js';
import type { World } from '../world.js';
import { type PhaseOptions, phaseRequest, PHASES, registration, type StartOptions } from './registration.js';

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
      context.answer(view, () => `${view.id}\n${releaseText(context, view)}`);
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
      context.answer(view, () => releaseText(context, view));
    });

  release
    .command('status <release>')
    .description('what is known of a release')
    .option('--environment <environment>', 'with a name instead of an id')
    .action(async (name: string, options: { environment?: string }, command: Command) => {
      const context = Context.of(world, command);
      const ref = releaseRef(name, options.environment);
      const view = await context.client().get<ReleaseView>(ref.path(), { query: ref.query });
      context.answer(view, () => releaseText(context, view));
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
      context.answer(page, () => releasesText(context, page));
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

interface ListOptions {
  readonly environment?: string;
  readonly workload?: string;
  readonly limit: number;
  readonly after?: string;
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
