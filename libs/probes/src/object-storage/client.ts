import type { InstantMs } from '@parapet/kernel';
import { AwsV4Signer } from 'aws4fetch';
import { exchange } from '../http/exchange.js';
import { MeasurementFailed } from '../probe.js';
import type { ObjectStorageSettings } from './config.js';
import { type Page, pageOf, refusalOf } from './listing.js';

/** SHA-256 of nothing: signed along, since a storage may refuse an unsigned body over plain http. */
const NO_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** A page of a thousand versions is about half a megabyte. */
const PAGE_BYTES_MAX = 4_000_000;

/** What signs the requests of one look. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a listing needs besides the settings. */
export interface ListingOptions {
  readonly settings: ObjectStorageSettings;
  readonly credentials: Credentials;
  readonly ca: string | undefined;
  readonly nowMs: () => InstantMs;
}

/**
 * Lists the versions of a bucket under a prefix, page by page. The newest may stand on any page, since keys come in order of
 * their names: a listing longer than allowed is refused, not cut. Throws MeasurementFailed.
 */
export async function listVersions(options: ListingOptions): Promise<readonly Page[]> {
  const { settings } = options;
  const pages: Page[] = [];
  for (let after: Page['next'] = null; pages.length < settings.pages; ) {
    const page = await readPage(options, after);
    pages.push(page);
    if (page.next === null) return pages;
    if (after !== null && page.next.key === after.key && page.next.versionId === after.versionId) {
      throw new MeasurementFailed('bad-answer', 'the listing goes on where it began: the storage does not know pages');
    }
    after = page.next;
  }
  const text = `more than ${settings.pages} pages of versions under "${settings.prefix}": narrow the prefix, or raise pages`;
  throw new MeasurementFailed('too-large', text);
}

async function readPage({ settings, credentials, ca, nowMs }: ListingOptions, after: Page['next']): Promise<Page> {
  const signed = await new AwsV4Signer({
    ...credentials,
    method: 'GET',
    url: addressOf(settings, after).href,
    headers: { 'x-amz-content-sha256': NO_BODY },
    service: 's3',
    region: settings.region,
    datetime: new Date(nowMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  }).sign();
  const { host: _, ...headers } = Object.fromEntries(signed.headers);
  const answer = await exchange({
    method: 'GET',
    url: signed.url,
    headers,
    timeoutMs: settings.timeout,
    allowPrivate: settings.allowPrivate,
    bytesMax: PAGE_BYTES_MAX,
    ...(ca === undefined ? {} : { ca }),
  });
  const body = answer.body.toString('utf8');
  if (answer.status !== 200) throw refusalOf(answer.status, body);
  return pageOf(body);
}

function addressOf({ endpoint, bucket, pathStyle, prefix }: ObjectStorageSettings, after: Page['next']): URL {
  const url = new URL(endpoint);
  if (pathStyle) url.pathname = `${url.pathname.replace(/\/$/, '')}/${bucket}`;
  else url.hostname = `${bucket}.${url.hostname}`;
  const query = url.searchParams;
  query.set('versions', '');
  query.set('encoding-type', 'url');
  query.set('max-keys', '1000');
  if (prefix !== '') query.set('prefix', prefix);
  if (after !== null) {
    query.set('key-marker', after.key);
    if (after.versionId !== '') query.set('version-id-marker', after.versionId);
  }
  // A plus sign is a space to some storages and a plus sign to others, and a signature holds for one of them only.
  url.search = url.search.replaceAll('+', '%20');
  return url;
}
