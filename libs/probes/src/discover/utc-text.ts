import { formatInstant, type InstantMs } from '@parapet/kernel';

/** An instant as Odoo keeps it: UTC, in columns that know no zone. */
export function utcTextOf(atMs: InstantMs): string {
  return formatInstant(atMs).slice(0, -1).replace('T', ' ');
}
