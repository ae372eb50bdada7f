import { type ProbeConfiguration, ShopHours } from '@parapet/policy';
import { withinHours } from './hours/within-hours.js';
import { makeBackupProbe } from './backup/make.js';
import { makeDriftProbe } from './drift/make.js';
import { makeHttpJourneyProbe } from './http-journey/make.js';
import { makeKubernetesProbe } from './kubernetes/make.js';
import { makeObjectStorageProbe } from './object-storage/make.js';
import { makeOdooRpcProbe } from './odoo-rpc/make.js';
import { makeOdooSqlProbe } from './odoo-sql/make.js';
import { makePostgresProbe } from './postgres/make.js';
import { makeRedisProbe } from './redis/make.js';
import { makeTraefikProbe } from './traefik/make.js';
import type { MakeProbe } from './probe.js';

/** Every kind of probe; the next one is a folder beside these, a schema in `libs/policy` and a line here. */
const KINDS: Readonly<Record<ProbeConfiguration['kind'], MakeProbe>> = {
  backup: makeBackupProbe,
  drift: makeDriftProbe,
  'http-journey': makeHttpJourneyProbe,
  kubernetes: makeKubernetesProbe,
  'object-storage': makeObjectStorageProbe,
  'odoo-rpc': makeOdooRpcProbe,
  'odoo-sql': makeOdooSqlProbe,
  postgres: makePostgresProbe,
  redis: makeRedisProbe,
  traefik: makeTraefikProbe,
};

/** Makes a probe of its declaration, one that knows when its shops are open, or says every problem of its settings. */
export const makeProbe: MakeProbe = (declared, nowMs) => {
  const { probe, calendars } = declared;
  const made = KINDS[probe.kind](declared, nowMs);
  if ('problems' in made) return made;
  const hours = new ShopHours(probe.hours ?? null, calendars ?? [], probe.environment);
  return { measures: made.measures.map((measure) => withinHours(measure, hours)), close: () => made.close() };
};
