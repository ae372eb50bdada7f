export { cacheDir, cachedFolder, isAlive, projectDir } from './cache.mjs';
export { endWithUs, forgetChild, removeWithUs, startServer } from './child.mjs';
export { findChromium } from './chromium.mjs';
export { isReachableByAll, temporaryFolder, unprivilegedOwner } from './folders.mjs';
export { findNats, startNats } from './nats.mjs';
export { freePort, httpAnswers, natsGreeting, postgresAnswers, redisAnswers } from './ports.mjs';
export { findPostgres, startPostgres } from './postgres.mjs';
export { findAlertmanager, findPrometheus, startAlertmanager, startPrometheus } from './prometheus.mjs';
export { findRedis, startRedis } from './redis.mjs';
