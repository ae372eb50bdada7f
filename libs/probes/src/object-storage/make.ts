import type { SecretRef } from '@parapet/policy';
import { secret } from '../document.js';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { objectStorageSettings } from './config.js';
import { ObjectStorageProbe } from './probe.js';

/** Makes a probe of object storage of its declaration, or says every problem of its settings. */
export const makeObjectStorageProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, objectStorageSettings);
  if ('problems' in read) return read;
  const { settings } = read;
  const { workload, probe } = declared;
  const { accessKeyId, secretAccessKey, sessionToken } = settings.credentials;
  return new ObjectStorageProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings,
    // Asked before each look, so that an exchanged key is taken up.
    credentials: () => ({
      accessKeyId: secret(accessKeyId as SecretRef),
      secretAccessKey: secret(secretAccessKey as SecretRef),
      ...(sessionToken === undefined ? {} : { sessionToken: secret(sessionToken as SecretRef) }),
    }),
    nowMs,
  });
};
