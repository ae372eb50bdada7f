import { earlier, IN_SPAN, inStates, isCut, ofCompany, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.pos_broken';
const PRESENT = ['rescue_open', 'stuck_closing', 'open_over_24h'];

/** odoo-kpis 3.6: sessions that cannot be closed, were forgotten, or were opened to rescue an order. */
export const posSessions: OdooKpi = {
  signals: named(PREFIX, [...PRESENT, 'rescue_new']),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['pos_session'],
  statements: () => [stuckSessions, rescueSessions],
  samples: (facts) => [
    ...gaugesOf(facts, 'pos_sessions', PREFIX, PRESENT),
    ...gaugesOf(facts, 'pos_rescue', PREFIX, ['rescue_new']),
  ],
};

// Recent versions set `stop_at` already when closing starts.
const stuckSessions = ((): Statement => {
  const needs = {
    pos_session: ['id', 'config_id', 'state', 'rescue', 'start_at', 'stop_at', 'create_date', 'write_date'],
    pos_config: ['id', 'company_id'],
  };
  return {
    name: 'pos_sessions',
    needs,
    isPresent: true,
    text: `
WITH open ${inStates('pos_session', needs, ['opening_control', 'opened', 'closing_control'])}
SELECT count(*) FILTER (WHERE s.rescue IS TRUE) AS rescue_open,
       count(*) FILTER (WHERE s.state = 'closing_control'
         AND coalesce(s.stop_at, s.write_date) < ${earlier('1800')}) AS stuck_closing,
       count(*) FILTER (WHERE s.state IN ('opening_control', 'opened') AND s.rescue IS NOT TRUE
         AND coalesce(s.start_at, s.create_date) < ${earlier('86400')}) AS open_over_24h,
       ${isCut('open')}
FROM open s JOIN pos_config c ON c.id = s.config_id
WHERE ${ofCompany('c.company_id')}`,
  };
})();

const rescueSessions = ((): Statement => {
  const needs = {
    pos_session: ['id', 'config_id', 'rescue', 'create_date'],
    pos_config: ['id', 'company_id'],
  };
  return {
    name: 'pos_rescue',
    needs,
    text: `
WITH sessions ${tail('pos_session', needs, IN_SPAN)}
SELECT count(*) AS rescue_new
FROM sessions s JOIN pos_config c ON c.id = s.config_id
WHERE s.rescue IS TRUE AND s.create_date >= :from AND s.create_date < :to
  AND ${ofCompany('c.company_id')}`,
  };
})();
