import { grantSql, isKpi, isOdooVersion, isRoleName, KPIS, VERSIONS } from '@parapet/probes';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { misused } from '../exit.js';
import type { World } from '../world.js';

interface GrantOptions {
  readonly kpis?: readonly string[];
  readonly version?: string;
  readonly role: string;
}

/** `parapet odoo …`: what an Odoo shop needs so that its database can be measured. */
export function odooCommands(program: Command, world: World): void {
  program
    .command('odoo')
    .description('what an Odoo shop needs to be measured')
    .command('grant-sql')
    .description('print the SQL that makes a role which can read what is measured, column by column, and nothing else')
    .option('--kpis <names...>', 'only what these KPIs read (default: all of them)')
    .option('--version <n>', `the version of Odoo, ${VERSIONS[0]} to ${VERSIONS.at(-1)} (default: any)`)
    .option('--role <name>', 'the name of the role', 'parapet_reader')
    .action((options: GrantOptions, command: Command) => {
      const context = Context.of(world, command);
      const sql = grantSql({ role: roleOf(options), kpis: kpisOf(options), version: versionOf(options) });
      context.answer({ sql }, () => sql);
    });
}

function roleOf({ role }: GrantOptions): string {
  if (isRoleName(role)) return role;
  throw misused(`--role takes lower-case letters, digits and underscores, at most 63: ${role}`);
}

function kpisOf({ kpis }: GrantOptions) {
  if (kpis === undefined) return KPIS;
  const names = kpis.flatMap((text) => text.split(',')).filter((name) => name !== '');
  return names.map((name) => {
    if (isKpi(name)) return name;
    throw misused(`--kpis: nothing measures ${name} (allowed: ${KPIS.join(', ')})`);
  });
}

function versionOf({ version }: GrantOptions) {
  if (version === undefined) return null;
  const number = Number(version.replace(/\.0$/, ''));
  if (isOdooVersion(number)) return number;
  throw misused(`--version takes one of ${VERSIONS.join(', ')}: ${version}`);
}
