import { type Domain, idOf, instantOf, utcText } from '../odoo.js';
import { byWindow, ofCompany, ofPresent, recordsInSpan, type Row, type RpcKpi, secondsBetween } from './question.js';

const CLOSING_TOO_LONG_MS = 30 * 60_000;
const OPEN_TOO_LONG_MS = 24 * 3_600_000;

/** odoo-kpis 3.6: sessions that cannot be closed, were forgotten, or were opened to rescue an order. */
export const posSessions: RpcKpi = async (question) => {
  const { odoo } = question;
  const own = ofCompany(question, 'config_id.company_id');
  const count = (domain: Domain) => odoo.count('pos.session', [...domain, ...own]);
  const rescues = await recordsInSpan(question, 'pos.session', 'create_date', [['rescue', '=', true], ...own], []);
  return {
    pos_sessions: await ofPresent(question, async ({ asOfMs }) => {
      const [closing, open] = [utcText(asOfMs - CLOSING_TOO_LONG_MS), utcText(asOfMs - OPEN_TOO_LONG_MS)];
      return [
        {
          rescue_open: await count([
            ['rescue', '=', true],
            ['state', '!=', 'closed'],
          ]),
          // Recent versions set `stop_at` already when closing starts.
          stuck_closing: await count([
            ['state', '=', 'closing_control'],
            '|',
            ['stop_at', '<', closing],
            '&',
            ['stop_at', '=', false],
            ['write_date', '<', closing],
          ]),
          open_over_24h: await count([
            ['state', 'in', ['opening_control', 'opened']],
            ['rescue', '=', false],
            '|',
            ['start_at', '<', open],
            '&',
            ['start_at', '=', false],
            ['create_date', '<', open],
          ]),
        },
      ];
    }),
    pos_rescue: byWindow(question, rescues, 'create_date', (inside) => [{ rescue_new: inside.length }]),
  };
};

/** odoo-kpis 3.7: one group per open session; the newest session of a till speaks for it. */
export const posSilence: RpcKpi = async (question) => {
  const { odoo } = question;
  return {
    pos_silence: await ofPresent(question, async ({ asOfMs }) => {
      const open: Domain = [
        ['state', '=', 'opened'],
        ['rescue', '=', false],
        ...ofCompany(question, 'config_id.company_id'),
      ];
      const sessions = await odoo.records('pos.session', open, ['config_id', 'start_at', 'create_date']);
      const ids = sessions.map(({ id }) => id as number);
      const groups =
        ids.length === 0
          ? []
          : await odoo.groups('pos.order', [['session_id', 'in', ids]], 'session_id', 'create_date:max');
      const newest = new Map(groups.map((group) => [idOf(group, 'session_id'), instantOf(group, 'create_date')]));
      const tills = new Map<number, Row>();
      for (const session of sessions) {
        const till = idOf(session, 'config_id');
        const heardMs =
          newest.get(session.id as number) ?? instantOf(session, 'start_at') ?? instantOf(session, 'create_date');
        if (till !== null) tills.set(till, { config_id: till, silent_s: secondsBetween(heardMs, asOfMs) });
      }
      return [...tills.values()];
    }),
  };
};
