export * from './backtest.js';
export * from './estimates.js';
export * from './labels.js';
export * from './pairing.js';
export * from './read-release.js';
export * from './recorded-release.js';
export * from './score.js';
export { type OwnGuardrail } from './self-test/own-watch.js';
export { lengthOf, selfTest, type SelfTest } from './self-test/self-test.js';
