export * from './chain.js';
export * from './decider.js';
export * from './handle.js';
export * from './ports.js';
