import { existsSync, writeFileSync } from 'node:fs';
import { parseDuration, parseInstant } from '@parapet/kernel';
import { describeProblem, parseDocuments } from '@parapet/policy';
import { describeShop, type Discovery, discoverOdoo, MeasurementFailed, ReadOnlyDatabase } from '@parapet/probes';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { configurationText, type DiscoveredNames } from '../discovered/configuration-text.js';
import { EXIT, Failure, misused } from '../exit.js';
import { facts, foreign, table } from '../render/text.js';
import type { World } from '../world.js';

interface DiscoverOdooOptions {
  readonly databaseUrl?: string;
  readonly out?: string;
  readonly at?: string;
  readonly history: string;
  readonly tenant: string;
  readonly workload: string;
  readonly environment: string;
}

/** Where the URL of the shop's database is looked for, and what the configuration says instead of it. */
const URL_VARIABLE = 'ODOO_DATABASE_URL';
const HOUR_MS = 3_600_000;
const HOURS_MAX = 28 * 24;
const STATEMENT_TIMEOUT_MS = 30_000;

/** `parapet discover odoo`: a look at a shop's database, and a first configuration of what was found. Writes nothing but --out. */
export function discoverCommands(program: Command, world: World): void {
  program
    .command('discover')
    .description('look at a system, and write a first configuration')
    .command('odoo')
    .description(
      'look at an Odoo database, read only: version, modules, shops, what can be measured, and first guardrails',
    )
    .option('--database-url <url>', `its address (without: that in ${URL_VARIABLE}, which no list of processes shows)`)
    .option('--out <file>', 'where the configuration goes (without: to standard output)')
    .option('--history <time>', 'how much of the past the limits rest on, up to 28d', '7d')
    .option('--at <time>', 'the instant that is taken for the present, for a copy that stands still')
    .option('--tenant <name>', 'the name of the tenant', 'acme-retail')
    .option('--workload <name>', 'the name of the workload', 'odoo-retail')
    .option('--environment <name>', 'the environment that the database is of', 'production')
    .action(async (options: DiscoverOdooOptions, command: Command) => {
      const context = Context.of(world, command);
      const time = { atMs: instantOf(options.at), hours: hoursOf(options.history) };
      if (options.out !== undefined && existsSync(options.out))
        throw misused(`${options.out} is there already: name another file`);
      const found = await look(addressOf(options, context), time);
      if (found.kpis.every(({ canBeMeasured }) => !canBeMeasured)) throw nothingThere(found);
      answer(context, options, found);
    });
}

function addressOf({ databaseUrl }: DiscoverOdooOptions, context: Context): string {
  const text = databaseUrl ?? context.world.env[URL_VARIABLE];
  if (text === undefined || text === '')
    throw misused(`where is the database? Give --database-url or set ${URL_VARIABLE}`);
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw misused('--database-url takes an address such as postgresql://role@host/database');
  if (databaseUrl !== undefined && url.password !== '') {
    context.progress(
      `every process of this machine can read a password in a command line: set ${URL_VARIABLE} instead`,
    );
  }
  return text;
}

function instantOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const atMs = parseInstant(text);
  if (atMs === null) throw misused(`--at takes an instant such as 2026-11-27T06:00:00Z, not "${foreign(text)}"`);
  return atMs;
}

function hoursOf(text: string): number {
  const ms = parseDuration(text);
  const hours = ms === null ? 0 : Math.floor(ms / HOUR_MS);
  if (hours < 1 || hours > HOURS_MAX)
    throw misused(`--history takes a length of time from 1h to 28d, not "${foreign(text)}"`);
  return hours;
}

async function look(url: string, time: { readonly atMs: number | null; readonly hours: number }): Promise<Discovery> {
  const database = new ReadOnlyDatabase({ url: () => url, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    return await discoverOdoo(database, time);
  } catch (cause) {
    if (!(cause instanceof MeasurementFailed)) throw cause;
    throw new Failure(
      EXIT.refused,
      `cannot look at the database (${cause.reason}): ${foreign(cause.message)}`,
      undefined,
      { cause },
    );
  } finally {
    await database.close();
  }
}

/** A configuration that measures nothing would look like one that does. */
function nothingThere({ kpis, series }: Discovery): Failure {
  const what =
    series === null
      ? 'this does not look like the database of an Odoo shop'
      : `this Odoo ${series} shows nothing that is measured`;
  const why = kpis.find(({ whyNot }) => whyNot !== null)?.whyNot ?? '';
  return new Failure(
    EXIT.refused,
    `${what} (${foreign(why)}): is it the right database, and may the role read it? parapet odoo grant-sql says what it takes`,
  );
}

function answer(context: Context, options: DiscoverOdooOptions, found: Discovery): void {
  const { tenant, workload, environment, out } = options;
  const names: DiscoveredNames = { tenant, workload, environment, urlVariable: URL_VARIABLE };
  const text = configurationText(found, names);
  const parsed = parseDocuments([{ file: out ?? 'discovered.yaml', text }]);
  if ('problems' in parsed)
    throw misused(parsed.problems.map((problem) => foreign(describeProblem(problem))).join('\n'));
  if (out !== undefined) write(out, text);
  if (context.isJson) return context.answer({ ...found, configuration: text }, () => '');
  const summary = describe(context, found);
  // The configuration is the answer; what was found is told beside it.
  if (out === undefined) {
    context.progress(summary);
    context.answer(null, () => text);
  } else
    context.answer(
      null,
      () => `${summary}\n\nthe configuration is in ${out}: read it, then parapet apply -f ${out} --dry-run`,
    );
}

function write(out: string, text: string): void {
  try {
    writeFileSync(out, text, { flag: 'wx' });
  } catch (cause) {
    throw new Failure(EXIT.usage, `cannot write ${out}: ${(cause as Error).message}`, undefined, { cause });
  }
}

function describe({ width }: Context, found: Discovery): string {
  const { shop, kpis, guardrails } = found;
  const { series, edition } = found as Parameters<typeof describeShop>[0];
  const count = (list: readonly unknown[] | null, one: string, many: string) =>
    list === null ? null : `${list.length} ${list.length === 1 ? one : many}`;
  const parts = [
    count(shop.companies, 'company', 'companies'),
    count(shop.tills, 'till', 'tills'),
    count(shop.webSites, 'web site', 'web sites'),
  ];
  const rows = kpis.map(({ kpi, whyNot, wasSeen }) => [
    kpi,
    whyNot === null ? 'yes' : 'no',
    foreign(whyNot ?? (wasSeen ? '' : `nothing of it in the last ${found.hours} hours`)),
  ]);
  return [
    facts(
      [
        ['what', describeShop({ series, edition })],
        ['where', found.isReplica ? 'a replica' : 'no replica: name one if there is one'],
        ['parts', parts.filter((part) => part !== null).join(', ') || 'not readable for this role'],
        ['modules', count(shop.modules, 'installed', 'installed')],
        ['guardrails', `${guardrails.length} proposed, from ${found.hours} hours before ${found.at}`],
      ],
      width,
    ),
    table(['KPI', 'CAN BE MEASURED', ''], rows, width),
  ].join('\n\n');
}
