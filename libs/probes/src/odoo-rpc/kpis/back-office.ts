import { type Domain, instantOf, utcText } from '../odoo.js';
import { byWindow, countWhere, ofCompany, ofPresent, recordsInSpan, type RpcKpi, secondsBetween } from './question.js';

/** odoo-kpis 3.15. */
export const invoices: RpcKpi = async (question) => {
  const { settings } = question;
  const domain: Domain = [
    ['move_type', 'in', ['out_invoice', 'out_refund', 'out_receipt']],
    ['state', '!=', 'cancel'],
    ...ofCompany(question),
  ];
  const moves = await recordsInSpan(question, 'account.move', 'create_date', domain, ['state']);
  return {
    invoices: byWindow(question, moves, 'create_date', (inside, { asOfMs }) => [
      {
        n: inside.length,
        posted: countWhere(inside, ({ state }) => state === 'posted'),
        overdue_drafts: countWhere(
          inside,
          (move) => move.state === 'draft' && (instantOf(move, 'create_date') ?? asOfMs) < asOfMs - settings.grace,
        ),
      },
    ]),
  };
};

/** odoo-kpis 3.12: mail that waits too long, and mail that failed. */
export const mailQueue: RpcKpi = async (question) => {
  const { odoo, settings } = question;
  const failed = await recordsInSpan(question, 'mail.mail', 'write_date', [['state', '=', 'exception']], []);
  return {
    mail_queue: await ofPresent(question, async ({ asOfMs }) => {
      const outgoing: Domain = [['state', '=', 'outgoing']];
      const [oldest] = await odoo.records('mail.mail', outgoing, ['create_date'], { order: 'create_date', limit: 1 });
      const overdue: Domain = [...outgoing, ['create_date', '<', utcText(asOfMs - settings.mailGrace)]];
      const oldestMs = oldest === undefined ? asOfMs : instantOf(oldest, 'create_date');
      return [{ overdue: await odoo.count('mail.mail', overdue), oldest_s: secondsBetween(oldestMs, asOfMs) }];
    }),
    mail_failed: byWindow(question, failed, 'write_date', (inside) => [{ failed: inside.length }]),
  };
};

/** odoo-kpis 3.13: `nextcall` moves only after a run. */
export const cronHealth: RpcKpi = async (question) => {
  const { odoo, settings } = question;
  return {
    cron_health: await ofPresent(question, async ({ asOfMs }) => {
      const runs: Domain = (await odoo.fields('ir.cron')).has('numbercall') ? [['numbercall', '!=', 0]] : [];
      const late: Domain = [['active', '=', true], ...runs, ['nextcall', '<', utcText(asOfMs - settings.cronGrace)]];
      const jobs = await odoo.records('ir.cron', late, ['nextcall']);
      const seconds = jobs.flatMap((job) => secondsBetween(instantOf(job, 'nextcall'), asOfMs) ?? []);
      const watched: Domain = [
        ['id', 'in', settings.watchedCrons],
        ['active', '=', false],
      ];
      return [
        {
          overdue: jobs.length,
          max_overdue_s: Math.max(0, ...seconds),
          watched_inactive: settings.watchedCrons.length === 0 ? 0 : await odoo.count('ir.cron', watched),
          modules_pending: await odoo.count('ir.module.module', [
            ['state', 'in', ['to install', 'to upgrade', 'to remove']],
          ]),
        },
      ];
    }),
  };
};

/** odoo-kpis 3.13: from 18; before, only the log tells. */
export const cronFailing: RpcKpi = async (question) => {
  const { odoo } = question;
  return {
    cron_failing: await ofPresent(question, async ({ asOfMs }) => {
      const failing: Domain = [
        ['active', '=', true],
        ['failure_count', '>', 0],
      ];
      const jobs = await odoo.records('ir.cron', failing, ['failure_count', 'first_failure_date']);
      const sinceMs = jobs.flatMap((job) => instantOf(job, 'first_failure_date') ?? []);
      return [
        {
          failing: jobs.length,
          max_failures: Math.max(0, ...jobs.map((job) => Number(job.failure_count))),
          failing_for_s: sinceMs.length === 0 ? 0 : (asOfMs - Math.min(...sinceMs)) / 1000,
        },
      ];
    }),
  };
};
