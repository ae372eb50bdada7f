import { type InstantMs, parseInstant } from '@parapet/kernel';
import { type FailureReason, MeasurementFailed } from '../probe.js';
import { type Element, parseXml, textIn } from './xml.js';

/** One version of an object, as the storage lists it. */
export interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly atMs: InstantMs;
  readonly bytes: number;
}

/** One page of a listing of versions. */
export interface Page {
  readonly versions: readonly Version[];
  /** Keys whose newest version is a deletion. */
  readonly deleted: readonly string[];
  /** Where the next page begins; null on the last one. */
  readonly next: { readonly key: string; readonly versionId: string } | null;
}

/** Reads an answer of ListObjectVersions. Throws MeasurementFailed where it is none, or not whole. */
export function pageOf(body: string): Page {
  const root = parseXml(body);
  if (root?.name !== 'ListVersionsResult') throw bad('the answer is no ListVersionsResult, or cut off');
  const isEncoded = textIn(root, 'EncodingType') === 'url';
  const text = (element: Element, name: string): string => {
    const found = textIn(element, name);
    if (found === undefined) throw bad(`a ${element.name} without ${name}`);
    return found;
  };
  const key = (element: Element, name: string): string => {
    const found = text(element, name);
    return isEncoded ? unescaped(found) : found;
  };
  const named = (name: string) => root.children.filter((child) => child.name === name);

  const versions = named('Version').map((one): Version => {
    const atMs = parseInstant(text(one, 'LastModified'));
    const size = text(one, 'Size');
    if (atMs === null || !/^\d{1,16}$/.test(size)) throw bad('a Version whose LastModified or Size is none');
    const isLatest = text(one, 'IsLatest') === 'true';
    return { key: key(one, 'Key'), versionId: text(one, 'VersionId'), isLatest, atMs, bytes: Number(size) };
  });
  const deleted = named('DeleteMarker')
    .filter((one) => text(one, 'IsLatest') === 'true')
    .map((one) => key(one, 'Key'));
  const next =
    text(root, 'IsTruncated') === 'true'
      ? { key: key(root, 'NextKeyMarker'), versionId: textIn(root, 'NextVersionIdMarker') ?? '' }
      : null;
  return { versions, deleted, next };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw bad('a Key that is not URL-encoded although the answer says so', cause);
  }
}

/** What an error of the storage means for us: its code where it sent one, else its status. */
export function refusalOf(status: number, body: string): MeasurementFailed {
  const root = parseXml(body);
  const code = root?.name === 'Error' ? (textIn(root, 'Code') ?? '') : '';
  const known = ERRORS[code] ?? (status === 401 || status === 403 ? 'refused' : status === 404 ? 'missing' : undefined);
  const reason = known ?? (status >= 500 || status === 429 ? 'unreachable' : 'bad-answer');
  // Not its message: some storages quote the credential that they refuse.
  return new MeasurementFailed(reason, `the storage answered ${status}${/^\w{1,60}$/.test(code) ? ` ${code}` : ''}`);
}

const ERRORS: Readonly<Record<string, FailureReason>> = {
  AccessDenied: 'refused',
  InvalidAccessKeyId: 'refused',
  SignatureDoesNotMatch: 'refused',
  ExpiredToken: 'refused',
  InvalidToken: 'refused',
  RequestTimeTooSkewed: 'refused',
  AuthorizationHeaderMalformed: 'refused',
  NoSuchBucket: 'missing',
  SlowDown: 'unreachable',
  ServiceUnavailable: 'unreachable',
  InternalError: 'unreachable',
  RequestTimeout: 'timeout',
};

function bad(message: string, cause?: unknown): MeasurementFailed {
  return new MeasurementFailed('bad-answer', message, { cause });
}
