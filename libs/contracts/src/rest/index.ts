export type * from './alerts.js';
export type * from './answer.js';
export type * from './caller.js';
export type * from './configuration.js';
export type * from './guardrails.js';
export type * from './operation.js';
export type * from './proposals.js';
export type * from './releases.js';
