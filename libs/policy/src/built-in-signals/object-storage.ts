import { measuredBy } from './measured-by.js';

/** What probes of object storage measure of the newest artifact of a bucket. */
export const OBJECT_STORAGE_SIGNALS = measuredBy('object-storage', [
  { name: 'storage.artifact.present', form: 'gauge', badDirection: 'low', unit: 'artifacts' },
  { name: 'storage.artifact.age', form: 'gauge', badDirection: 'high', unit: 'seconds' },
  { name: 'storage.artifact.size', form: 'gauge', badDirection: 'low', unit: 'bytes' },
]);
