import { gaugeOf } from '../samples.js';
import { ofCompany, secondsSince, type Statement } from '../statements.js';
import { NOT_SEEN, type OdooKpi } from './kpi.js';

const SIGNAL = 'odoo.pos_silence.silent_s';

/** odoo-kpis 3.7: how long ago the last order of each till with an open session arrived. */
export const posSilence: OdooKpi = {
  signals: [SIGNAL],
  settles: 'delay',
  needsOpenShop: true,
  tails: () => [],
  statements: () => [silence],
  samples: ({ maker, window, rows }) => {
    const tills = rows('pos_silence');
    if (tills === null) return [maker.of(SIGNAL, window, NOT_SEEN)];
    return tills.map((row) => {
      const value = row.silent_s === null ? NOT_SEEN : gaugeOf(row, 'silent_s');
      return maker.of(SIGNAL, window, value, { till: String(row.config_id) });
    });
  },
};

// By session, whose index every version has: the newest rows of all tills may hold none of a till that fell silent. A
// session with more orders than the bound was never closed: which of them is the newest is not looked up.
const silence: Statement = {
  name: 'pos_silence',
  needs: {
    pos_session: ['id', 'config_id', 'state', 'rescue', 'start_at', 'create_date'],
    pos_config: ['id', 'company_id'],
    pos_order: ['session_id', 'create_date'],
  },
  isPresent: true,
  text: `
SELECT DISTINCT ON (s.config_id) s.config_id, s.id AS session_id,
       CASE WHEN o.orders < :cap THEN ${secondsSince('coalesce(o.newest, s.start_at, s.create_date)')} END AS silent_s,
       o.orders
FROM (SELECT id, config_id, rescue, start_at, create_date FROM pos_session WHERE state = 'opened' LIMIT :open_cap) s
JOIN pos_config c ON c.id = s.config_id
CROSS JOIN LATERAL (
  SELECT max(p.create_date) AS newest, count(*) AS orders
  FROM (SELECT create_date FROM pos_order WHERE session_id = s.id LIMIT :cap) p
) o
WHERE s.rescue IS NOT TRUE AND ${ofCompany('c.company_id')}
ORDER BY s.config_id, s.id DESC`,
};
