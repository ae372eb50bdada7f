export { type Address, AddressRefused, allowedAddress } from './addresses.js';
export * from './built-in-signals/index.js';
export {
  daysBefore,
  type TradingCalendar,
  type TradingPeriod,
  type TradingPeriodKind,
  type TradingRule,
  tradingPeriods,
  unusualTimes,
} from './calendar.js';
export * from './configuration.js';
export * from './configuration-of.js';
export { editorSchemas, fileOf as editorSchemaFile } from './editor-schemas.js';
export { type ConfigurationFile } from './located.js';
export { matchesAll, parseMatcher } from './matchers.js';
export { type OpeningHours, ShopHours } from './opening-hours.js';
export * from './parse.js';
export { type ConfigurationProblem, describeProblem } from './problem.js';
export { API_VERSION, type Kind, KINDS } from './schema/kinds.js';
export { backupSettings as backupSettingsSchema } from './schema/probes/backup.js';
export { objectStorageSettings as objectStorageSettingsSchema } from './schema/probes/object-storage.js';
export { driftSettings as driftSettingsSchema } from './schema/probes/drift.js';
export { httpJourneySettings as httpJourneySettingsSchema } from './schema/probes/http-journey.js';
export { odooRpcSettings as odooRpcSettingsSchema } from './schema/probes/odoo-rpc.js';
export {
  ODOO_KPIS,
  odooSqlSettings as odooSqlSettingsSchema,
  queueSql,
  unmetOdooNeeds,
} from './schema/probes/odoo-sql.js';
export type { AskedPrometheus, SignalQuery } from './asked-prometheus.js';
export { fitsText, SERIES_DIMENSION } from './outside-series-of.js';
export { POSTGRES_KPIS, postgresSettings } from './schema/probes/postgres.js';
export { redisSettings } from './schema/probes/redis.js';
export type { PublishedDocument } from './schema/probes/published-document.js';
export { traefikSettings } from './schema/probes/traefik.js';
export { KUBERNETES_KPIS, kubernetesSettings } from './schema/probes/kubernetes.js';
export type { StoredDocument } from './reading.js';
export * from './secret.js';
export { ALERT_KINDS, ASKED_KIND, SAMPLE_KINDS, sendsAlerts, type SourceKind } from './source-kinds.js';
export { isTimeUnit } from './tests-of.js';
export * from './token.js';
export * from './workloads-in.js';
export type { ProbeKind } from './schema/probes/index.js';
