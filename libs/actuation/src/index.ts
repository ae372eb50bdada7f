export * from './backoff.js';
export * from './deadline.js';
export * from './decide.js';
export * from './events.js';
export * from './inputs.js';
export * from './next-step.js';
export * from './running.js';
export * from './state.js';
