import http from 'node:http';
import https from 'node:https';
import { allowedAddress } from '@parapet/policy';

const ANSWER_BYTES_MAX = 64 * 1024;

/** One request to a target. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** What came back; redirects are answers like any other and are not followed. */
export interface Incoming {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** At most 64 KiB. */
  readonly body: string;
  readonly isCut: boolean;
}

/**
 * Sends one request to the very address that was checked, with the name for TLS and Host. Throws for everything but an answer:
 * refused addresses, no connection, TLS errors, time over.
 */
export async function exchange(o: Outgoing): Promise<Incoming> {
  const signal = AbortSignal.any([o.signal, AbortSignal.timeout(o.timeoutMs)]);
  const address = await allowedAddress(o.url, o.allowPrivate);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const { request } = o.url.protocol === 'https:' ? https : http;
    const outgoing = request(o.url, {
      method: o.method,
      headers: {
        ...o.headers,
        ...(o.method === 'POST' ? { 'content-length': String(Buffer.byteLength(o.body)) } : {}),
      },
      signal,
      // A connection of its own each time: no proxy from the environment, no pooled connection to another address.
      agent: false,
      lookup: (_name, options, found) => {
        if (options.all === true) found(null, [address]);
        else found(null, address.address, address.family);
      },
    });
    outgoing.on('error', (error) =>
      reject(signal.aborted && !o.signal.aborted ? new Error(`no answer within ${o.timeoutMs / 1000} s`) : error),
    );
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (isCut: boolean) => {
        const body = Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, isCut });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes <= ANSWER_BYTES_MAX) return;
        finish(true);
        response.destroy();
      });
      response.on('end', () => finish(false));
      response.on('error', reject);
    });
    outgoing.end(o.body);
  });
}
