export * from './id.js';
export * from './instant.js';
export * from './json.js';
export * from './unreachable.js';
