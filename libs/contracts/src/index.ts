export * from './cloud-event.js';
export * from './event-types.js';
export * from './rest.js';
export * from './signal-batch.js';
export * from './signal-batch-wire.js';
export * from './subjects.js';
