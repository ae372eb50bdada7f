import { redisSettings, resolveSecret, type SecretRef } from '@parapet/policy';
import { authoritiesIn } from '../http/authorities.js';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { RedisServer } from './connection.js';
import { RedisProbe } from './probe.js';

/** Makes a probe of Redis of its declaration, or says every problem of its settings. */
export const makeRedisProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, redisSettings);
  if ('problems' in read) return read;
  const { settings } = read;
  const { workload, probe } = declared;
  const connection = settings.connection as SecretRef;
  return new RedisProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings,
    server: new RedisServer({
      url: () => resolveSecret(connection),
      ca: () => (settings.ca === undefined ? undefined : authoritiesIn(settings.ca)),
      timeoutMs: settings.timeout,
    }),
    // The reference, not the address: two probes that name one secret take turns at one server.
    target: JSON.stringify(settings.connection),
    nowMs,
  });
};
