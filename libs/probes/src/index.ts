export { makeProbe } from './kinds.js';
export { odooSqlSettings } from './odoo-sql/config.js';
export { OdooDatabase } from './odoo-sql/connection.js';
export { OdooSqlProbe } from './odoo-sql/probe.js';
export { isWhole, tryProbe, type TrialGap, type TrialTime, type TriedKpi, type TriedValue } from './once/trial.js';
export * from './probe.js';
export * from './windows.js';
