import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Window } from '../windows.js';
import type { OdooSqlSettings } from './config.js';

/** Orders placed by our own checks carry this reference. */
const TEST_REF = 'rg-probe:%';
/** How many lines and moves an order has at most, on average: so many more of their rows are read. */
const LINES_AN_ORDER = 5;

/** The values of the named parameters of every statement; each window is judged a delay after its end. */
export function parametersOf(
  settings: OdooSqlSettings,
  windows: readonly Window[],
  delayMs: number,
): Readonly<Record<string, unknown>> {
  return {
    froms: windows.map(({ fromMs }) => utcText(fromMs)),
    tos: windows.map(({ toMs }) => utcText(toMs)),
    as_ofs: windows.map(({ toMs }) => utcText(toMs + delayMs)),
    span_from: utcText(Math.min(...windows.map(({ fromMs }) => fromMs))),
    span_to: utcText(Math.max(...windows.map(({ toMs }) => toMs))),
    company: settings.company,
    test_partners: settings.testPartners,
    test_ref: TEST_REF,
    offline_providers: settings.offlineProviders,
    grace_s: settings.grace / 1000,
    paid_grace_s: settings.paidGrace / 1000,
    reserve_grace_s: settings.reserveGrace / 1000,
    mail_grace_s: settings.mailGrace / 1000,
    cron_grace_s: settings.cronGrace / 1000,
    watched_crons: settings.watchedCrons,
    pl_a: settings.pricelists?.[0] ?? null,
    pl_b: settings.pricelists?.[1] ?? null,
    price_tol: settings.priceTolerance,
    late_s: settings.lateSeconds,
    skew_s: settings.skewSeconds,
    mismatch_eps: settings.mismatch,
    cap: settings.tail,
    line_cap: settings.tail * LINES_AN_ORDER,
    open_cap: settings.tail * LINES_AN_ORDER,
  };
}

/** Odoo keeps UTC in columns without a zone: the text says no zone either, so that none is applied. */
function utcText(atMs: InstantMs): string {
  return formatInstant(atMs).slice(0, -1).replace('T', ' ');
}
