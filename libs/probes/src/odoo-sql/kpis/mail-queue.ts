import { earlier, inSpan, secondsSince, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.mail_queue';
const PRESENT = ['overdue', 'oldest_s'];

/** odoo-kpis 3.12: mail that waits too long, and mail that failed. Not per company. */
export const mailQueue: OdooKpi = {
  signals: named(PREFIX, [...PRESENT, 'failed']),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['mail_mail'],
  statements: () => [outgoing, failed],
  samples: (facts) => [
    ...gaugesOf(facts, 'mail_queue', PREFIX, PRESENT),
    ...gaugesOf(facts, 'mail_failed', PREFIX, ['failed']),
  ],
};

const outgoing = ((): Statement => {
  const needs = { mail_mail: ['id', 'state', 'create_date'] };
  return {
    name: 'mail_queue',
    needs,
    isPresent: true,
    text: `
WITH mails ${tail('mail_mail', needs, "WHERE state = 'outgoing'")}
SELECT count(*) FILTER (WHERE m.create_date < ${earlier(':mail_grace_s')}) AS overdue,
       coalesce(${secondsSince('min(m.create_date)')}, 0) AS oldest_s
FROM mails m`,
  };
})();

const failed = ((): Statement => {
  const needs = { mail_mail: ['id', 'state', 'write_date'] };
  return {
    name: 'mail_failed',
    needs,
    text: `
WITH mails ${tail('mail_mail', needs, inSpan('write_date'))}
SELECT count(*) FILTER (WHERE m.state = 'exception') AS failed
FROM mails m WHERE m.write_date >= :from AND m.write_date < :to`,
  };
})();
