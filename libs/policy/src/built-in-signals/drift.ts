import { measuredBy } from './measured-by.js';

/** What probes of drift measure: how many fields run otherwise than declared, per kind of field. */
export const DRIFT_SIGNALS = measuredBy('drift', [
  { name: 'drift.fields', form: 'gauge', badDirection: 'high', unit: 'fields', dimensions: ['kind'] },
]);
