export * from './alert-guardrail.js';
export * from './attach.js';
export * from './events.js';
export * from './guardrail.js';
export * from './replay.js';
export * from './state.js';
export * from './watch.js';
export * from './watch-spec.js';
