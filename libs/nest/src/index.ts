export * from './authenticator.js';
export * from './configuration-watcher.js';
export * from './environment.js';
export type { FastifyReply, FastifyRequest } from './fastify.js';
export * from './problem.js';
export { ProblemFilter } from './problem-filter.js';
export * from './readiness.js';
export * from './service-module.js';
export * from './start-service.js';
