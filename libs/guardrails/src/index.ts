export * from './events.js';
export * from './guardrail.js';
