import { isId } from '@parapet/kernel';
import type { CallOptions } from './client.js';
import { EXIT, Failure } from './exit.js';

export interface ReleaseRef {
  path(suffix?: string): string;
  readonly query: NonNullable<CallOptions['query']>;
}

/** A release by its id, or by the name that people gave it and its environment. */
export function releaseRef(release: string, environment: string | undefined): ReleaseRef {
  if (isId(release, 'rel')) return { path: (suffix = '') => `/v1/releases/${release}${suffix}`, query: {} };
  if (environment === undefined) {
    throw new Failure(EXIT.usage, `"${release}" is no release id (rel_…); to use its name, add --environment`);
  }
  return { path: (suffix = '') => `/v1/releases/by-name${suffix}`, query: { name: release, environment } };
}
