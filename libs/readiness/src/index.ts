export * from './assess.js';
export * from './events.js';
