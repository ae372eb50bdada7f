export { flushTraces } from './flush-traces.js';
export * from './logger.js';
export * from './metric-names.js';
export * from './metrics.js';
export * from './traceparent.js';
