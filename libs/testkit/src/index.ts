export * from './contracts/event-log.js';
export * from './contracts/publisher.js';
export * from './database.js';
export * from './golden.js';
export * from './memory/event-log.js';
export * from './memory/publisher.js';
export * from './servers.js';
