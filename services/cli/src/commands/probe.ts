import { type InstantMs, parseInstant } from '@parapet/kernel';
import { type ConfigurationProblem, describeProblem, workloadsIn } from '@parapet/policy';
import {
  type DeclaredProbe,
  isWhole,
  makeProbe,
  type Probe,
  type TriedKpi,
  type TriedValue,
  tryProbe,
} from '@parapet/probes';
import type { Command } from 'commander';
import { filesIn } from '../configuration-files.js';
import { Context } from '../context.js';
import { EXIT, type ExitCode, Failure, misused } from '../exit.js';
import { foreign, instant, span, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface ProbeOptions {
  readonly once?: boolean;
  readonly probe?: string;
  readonly kpi?: string;
  readonly at?: string;
  readonly from?: string;
}

/** `parapet probe run`: what would be measured, before it is trusted. Writes nothing: no cursor, no sample, no file. */
export function probeCommands(program: Command, world: World, end: (code: ExitCode) => void): void {
  program
    .command('probe')
    .description('scheduled measurements')
    .command('run')
    .description('measure each KPI of a configuration’s probes once, print it, and keep nothing')
    .argument('<path>', 'a file or folder with the Workload whose probes are tried')
    .option('--once', 'measure one window and end (the only way to run a probe by hand)')
    .option('--probe <name>', 'only this probe')
    .option('--kpi <name>', 'only this KPI')
    .option(
      '--at <time>',
      'the newest window that ends at or before this instant; without: now, less the probe’s delay',
    )
    .option('--from <time>', 'begin of the window, which then ends exactly at --at')
    .action(async (path: string, options: ProbeOptions, command: Command) => {
      const context = Context.of(world, command);
      if (options.once !== true) throw misused('say --once: running probes on a schedule is the work of kpi-probing');
      const time = timeOf(options);
      const tried: TriedKpi[] = [];
      for (const declared of probesIn(path, options.probe))
        tried.push(...(await tryOne(declared, options.kpi, time, world)));
      if (tried.length === 0) throw misused(nothingCalled(options));
      const gaps = tried.filter((one) => !isWhole(one)).length;
      context.answer({ kpis: tried, measured: tried.length - gaps, withGaps: gaps }, () =>
        describe(context, tried, gaps),
      );
      if (gaps > 0) end(EXIT.inconclusive);
    });
}

function timeOf({ at, from }: ProbeOptions): { readonly atMs: InstantMs | null; readonly fromMs: InstantMs | null } {
  const [atMs, fromMs] = [instantOf('--at', at), instantOf('--from', from)];
  if (fromMs !== null && atMs === null) throw misused('--from needs --at: a window has a begin and an end');
  if (fromMs !== null && atMs !== null && fromMs >= atMs) throw misused('--from must come before --at');
  return { atMs, fromMs };
}

function instantOf(option: string, text: string | undefined): InstantMs | null {
  if (text === undefined) return null;
  const atMs = parseInstant(text);
  if (atMs === null) throw misused(`${option} takes an instant such as 2026-11-27T06:00:00Z, not "${foreign(text)}"`);
  return atMs;
}

function probesIn(path: string, name: string | undefined): readonly DeclaredProbe[] {
  const read = workloadsIn(filesIn(path));
  if ('problems' in read) throw wrong(read.problems);
  const declared = read.workloads.flatMap(({ tenant, workload, calendars }) =>
    workload.probes.map((probe) => ({ tenant, workload: workload.name, probe, calendars })),
  );
  if (declared.length === 0) throw misused(`no Workload in ${path} declares a probe`);
  return name === undefined ? declared : declared.filter(({ probe }) => probe.name === name);
}

async function tryOne(
  declared: DeclaredProbe,
  kpi: string | undefined,
  time: ReturnType<typeof timeOf>,
  world: World,
): Promise<readonly TriedKpi[]> {
  const made = makeProbe(declared, world.nowMs);
  if ('problems' in made) {
    const name = `${declared.workload}/${declared.probe.name}`;
    throw new Failure(EXIT.fail, made.problems.map((problem) => `${name}: ${problem}`).join('\n'), {
      error: 'wrong-settings',
      probe: name,
      problems: made.problems,
    });
  }
  return await closing(made, () => tryProbe(declared, made, time, kpi === undefined ? null : [kpi], world.nowMs));
}

async function closing<T>(probe: Probe, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await probe.close();
  }
}

function wrong(problems: readonly ConfigurationProblem[]): Failure {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const text = `${problems.map((problem) => foreign(describeProblem(problem))).join('\n')}\n${count}; nothing was measured`;
  return new Failure(EXIT.fail, text, { error: 'invalid-configuration', problems });
}

function nothingCalled({ probe, kpi }: ProbeOptions): string {
  const words = [
    probe === undefined ? [] : [`no probe is called "${foreign(probe)}"`],
    kpi === undefined ? [] : [`no KPI is called "${foreign(kpi)}"`],
  ];
  return words.flat().join(', or ');
}

function describe(context: Context, tried: readonly TriedKpi[], gaps: number): string {
  const whole = tried.length - gaps;
  const end = gaps === 0 ? `${whole} measured` : `${whole} measured, ${gaps} with gaps`;
  return [...tried.map((one) => kpiText(context, one)), `${end}; nothing was written`].join('\n\n');
}

function kpiText({ paint, width }: Context, one: TriedKpi): string {
  const head = `${one.workload}/${one.probe} ${one.kpi} in ${one.environment}`;
  const window = one.window === null ? [] : [`${instant(one.window.from)} to ${instant(one.window.to)}`];
  const lag = one.lagMs === null ? [] : [`lag ${one.lagMs === 0 ? 'none' : span(one.lagMs)}`];
  const cost = one.cost === null ? [] : [`cost ${one.cost.ms} ms, ${one.cost.rows} rows`];
  const lines = one.gap === null ? [...one.values.map(valueText), ...one.notes] : [gapText(one.gap)];
  const body = lines.map((line) => `  ${wrap(foreign(line), width - 2, '    ')}`);
  return [
    `${paint(isWhole(one) ? 'green' : 'yellow', head)}`,
    `  ${[...window, ...lag, ...cost].join(', ')}`.trimEnd(),
    ...body,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function valueText({ signal, dimensions, numerator, denominator, value, gap }: TriedValue): string {
  const own = Object.entries(dimensions).map(([name, text]) => `${name}=${text}`);
  const name = own.length === 0 ? signal : `${signal}{${own.join(',')}}`;
  const of =
    denominator === null
      ? ''
      : numerator === null
        ? ` (of ${denominator})`
        : ` (${number(numerator)} of ${number(denominator)})`;
  return gap === null ? `${name} = ${value === null ? 'none' : number(value)}${of}` : `${name}${of}: ${gapText(gap)}`;
}

function gapText({ reason, detail, advice }: NonNullable<TriedKpi['gap']>): string {
  return `gap (${reason})${detail === null ? '' : `: ${detail}`}. ${advice}`;
}

const number = (value: number): string => String(Math.round(value * 1e6) / 1e6);
