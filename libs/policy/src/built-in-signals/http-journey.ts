import { measuredBy } from './measured-by.js';

/** What journeys through a shop measure: runs, and each step by name. */
export const HTTP_JOURNEY_SIGNALS = measuredBy('http-journey', [
  { name: 'journey.success', form: 'proportion', badDirection: 'low', unit: 'runs' },
  { name: 'journey.duration', form: 'gauge', badDirection: 'high', unit: 'seconds' },
  { name: 'journey.step.success', form: 'proportion', badDirection: 'low', unit: 'runs', dimensions: ['step'] },
  { name: 'journey.step.duration', form: 'gauge', badDirection: 'high', unit: 'seconds', dimensions: ['step'] },
]);
