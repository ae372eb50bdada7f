import type { ProbeConfiguration } from '@parapet/policy';
import { makeHttpJourneyProbe } from './http-journey/make.js';
import { makeOdooSqlProbe } from './odoo-sql/make.js';
import { makePostgresProbe } from './postgres/make.js';
import type { MakeProbe } from './probe.js';

/** Every kind of probe; the next one is a folder beside these, a schema in `libs/policy` and a line here. */
const KINDS: Readonly<Record<ProbeConfiguration['kind'], MakeProbe>> = {
  'odoo-sql': makeOdooSqlProbe,
  'http-journey': makeHttpJourneyProbe,
  postgres: makePostgresProbe,
};

/** Makes a probe of its declaration, or says every problem of its settings. */
export const makeProbe: MakeProbe = (declared, nowMs) => KINDS[declared.probe.kind](declared, nowMs);
