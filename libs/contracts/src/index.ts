export * from './event-types.js';
export * from './rest.js';
export * from './signal-batch.js';
export * from './subjects.js';
