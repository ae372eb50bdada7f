/** The five processes, in the order they are started. */
export const SERVICES = /** @type {const} */ ([
  'guardrail-evaluation',
  'rollback-actuation',
  'release-control',
  'metrics-ingestion',
  'kpi-probing',
]);
