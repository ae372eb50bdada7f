import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServiceLogger } from '@parapet/telemetry';
import { followTls, type TlsFiles, tlsFilesOf, tlsOptions } from './tls.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));

describe('the variables of TLS', () => {
  it.each([
    ['none: plain HTTP', {}, null],
    ['a certificate and its key', { CERT: 'c', KEY: 'k' }, { certFile: 'c', keyFile: 'k' }],
    [
      'with an authority of clients',
      { CERT: 'c', KEY: 'k', CLIENT_CA: 'a' },
      { certFile: 'c', keyFile: 'k', clientCaFile: 'a' },
    ],
  ])('%s', (_, given, expected) => {
    expect(tlsFilesOf(variables(given))).toEqual(expected);
  });

  it.each([
    ['a certificate without its key', { CERT: 'c' }, /PARAPET_TLS_KEY_FILE is not set/],
    ['a key without its certificate', { KEY: 'k' }, /PARAPET_TLS_CERT_FILE is not set/],
    ['an authority alone', { CLIENT_CA: 'a' }, /PARAPET_TLS_CERT_FILE is not set[^]*PARAPET_TLS_KEY_FILE is not set/],
  ])('%s is refused', (_, given, words) => {
    expect(() => tlsFilesOf(variables(given))).toThrow(words);
  });
});

function variables(given: Readonly<Record<string, string>>): Parameters<typeof tlsFilesOf>[0] {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [`PARAPET_TLS_${name}_FILE`, value]));
}

describe('an exchanged certificate', () => {
  let folder: string;
  let files: TlsFiles;
  let server: Server;
  let unfollow = (): void => {};
  let warnings: string[] = [];
  const logger = {
    info: () => {},
    warn: ({ err }: { err: Error }) => void warnings.push(err.message),
  } as unknown as ServiceLogger;
  const put = (name: string) => {
    copyFileSync(fixture(`${name}.key`), files.keyFile);
    copyFileSync(fixture(`${name}.pem`), files.certFile);
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parapet-tls-'));
    files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
    warnings = [];
    put('server');
    server = createServer(tlsOptions(files));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    unfollow = followTls(server, files, logger, 10);
  });
  afterEach(async () => {
    unfollow();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** The common name of the certificate that a new connection is shown. */
  async function shown(): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.destroy();
    return name;
  }
  async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
    const untilMs = Date.now() + 5_000;
    while (!(await isSo())) {
      if (Date.now() > untilMs) throw new Error(`not within 5 s: ${isSo.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('is in use without a restart', async () => {
    expect(await shown()).toBe('localhost');
    put('careful');
    await eventually(async () => (await shown()) === 'careful');
  });

  it('that does not fit its key, or is none, leaves the one before, and is told of once; a good one is taken then', async () => {
    writeFileSync(files.certFile, 'not a certificate');
    await eventually(() => warnings.length === 1);
    expect(await shown()).toBe('localhost');
    copyFileSync(fixture('careful.pem'), files.certFile);
    await eventually(() => warnings.length === 2);
    expect(await shown()).toBe('localhost');
    put('careful');
    await eventually(async () => (await shown()) === 'careful');
    expect(warnings).toHaveLength(2);
  });
});
