import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';

/** The client certificates there are to show. */
export type ClientName = 'alertmanager' | 'careful' | 'common-name-only' | 'stranger';

/** The path of a file of TLS. */
export function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));
}

/** The variables of a service that ends TLS itself and knows its clients' authority. */
export const TLS_ENVIRONMENT = {
  PARAPET_TLS_CERT_FILE: tlsFile('server.pem'),
  PARAPET_TLS_KEY_FILE: tlsFile('server.key'),
  PARAPET_TLS_CLIENT_CA_FILE: tlsFile('authority.pem'),
};

const read = (name: string) => readFileSync(tlsFile(name));

export interface SecureAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends over TLS, with a client certificate or without. */
export async function sendSecurely(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
    readonly client?: ClientName;
  },
): Promise<SecureAnswer> {
  const { method = 'POST', headers = {}, body, client } = options;
  const shown = client === undefined ? {} : { cert: read(`${client}.pem`), key: read(`${client}.key`) };
  // A connection of its own each time: the next one shows another certificate.
  const sent = request(url, { method, headers, ca: read('authority.pem'), agent: false, ...shown });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}
