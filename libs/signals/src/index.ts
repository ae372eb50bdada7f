export * from './signal.js';
export * from './statement.js';
export * from './events.js';
