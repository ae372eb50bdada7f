import http from 'node:http';
import https from 'node:https';
import { type Address, allowedAddress, AddressRefused } from '@parapet/policy';
import { MeasurementFailed } from '../probe.js';

/** One request to something that is measured. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** For everything together: name, connection, TLS, answer. */
  readonly timeoutMs: number;
  /** Plain http and private addresses, by the operator's word. */
  readonly allowPrivate: boolean;
  /** The certificate authorities to trust instead of the well-known ones, as PEM. */
  readonly ca?: string;
  /** The longest answer that is read. */
  readonly bytesMax: number;
}

/** What came back; a redirect is an answer like any other and is not followed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** From the question to the last byte. */
  readonly tookMs: number;
}

/**
 * Sends one request to the very address that was checked, with the name for TLS and Host. An answer of any status is an answer.
 * Throws MeasurementFailed and nothing else: refused addresses, no connection, TLS errors, time over, an answer too long.
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const beganMs = performance.now();
  try {
    const address = await until(timeout, allowedAddress(request.url, request.allowPrivate));
    const answer = await send(request, address, timeout);
    return { ...answer, tookMs: performance.now() - beganMs };
  } catch (error) {
    throw failureOf(error, request, timeout);
  }
}

async function send(request: HttpRequest, address: Address, timeout: AbortSignal): Promise<Omit<HttpAnswer, 'tookMs'>> {
  const { url, method, ca, body, bytesMax } = request;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return await new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: { 'user-agent': 'parapet-kpi-probing', ...request.headers, ...length },
      signal: timeout,
      ...(ca === undefined ? {} : { ca }),
      // A connection of its own each time: no proxy from the environment, no pooled connection to another address.
      agent: false,
      lookup: (_name, options, found) => {
        if (options.all === true) found(null, [address]);
        else found(null, address.address, address.family);
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes <= bytesMax) return;
        reject(new MeasurementFailed('too-large', `${placeOf(url)} answered with more than ${bytesMax} bytes`));
        response.destroy();
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(body);
  });
}

/** Asking for a name cannot be broken off, but nobody has to wait for it. */
async function until<T>(timeout: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(timeout.reason as Error), { once: true });
  });
  return await Promise.race([work, over]);
}

function failureOf(error: unknown, request: HttpRequest, timeout: AbortSignal): MeasurementFailed {
  if (error instanceof MeasurementFailed) return error;
  if (error instanceof AddressRefused) return new MeasurementFailed('refused', error.message, { cause: error });
  const place = placeOf(request.url);
  if (timeout.aborted) {
    const text = `${place} did not answer within ${request.timeoutMs / 1000} s`;
    return new MeasurementFailed('timeout', text, { cause: error });
  }
  const { code, message } = error as { code?: string; message?: string };
  const why = message === undefined || message === '' ? (code ?? String(error)) : message;
  return new MeasurementFailed('unreachable', `cannot ask ${place}: ${why}`, { cause: error });
}

/** An address without its query, which may hold what nobody should read. */
export function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
