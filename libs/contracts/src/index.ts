export * from './async-api.js';
export * from './cloud-event.js';
export * from './event-types.js';
export { type JsonSchema, messageJsonSchema } from './json-schema.js';
export * from './rest.js';
export * from './signal-batch.js';
export * from './signal-batch-wire.js';
export * from './subjects.js';
export { EVENT_MESSAGES, type EventJson, SIGNAL_BATCH_MESSAGE } from './wire.js';
