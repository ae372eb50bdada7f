import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';

const hook = new URL('../dist/tracing.js', import.meta.url);
const flush = new URL('../dist/flush-traces.js', import.meta.url);

/** A process that answers one request of its own and ends as a service does. */
const PROGRAM = `
  import { createRequire } from 'node:module';
  // As Fastify, pg and ioredis are loaded: through require.
  const http = createRequire(${JSON.stringify(hook.href)})('node:http');
  const { flushTraces } = await import(${JSON.stringify(flush.href)});
  const server = http.createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', () => {
    http.get({ port: server.address().port, path: '/v1/releases' }, (response) => response.resume().on('end', async () => {
      await flushTraces();
      process.exit(0);
    }));
  });
`;

describe('the tracing hook, in a process of its own', () => {
  const servers: { close(): void }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function collector(): Promise<{ url: string; paths: string[] }> {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? '');
      request.resume().on('end', () => response.end());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
  }

  async function run(environment: Record<string, string>): Promise<{ code: number | null; errors: string }> {
    expect(existsSync(fileURLToPath(hook))).toBe(true);
    const child = spawn(process.execPath, ['--import', hook.href, '--input-type=module', '-e', PROGRAM], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (text) => (errors += String(text)));
    return { code: await new Promise((resolve) => child.once('exit', resolve)), errors };
  }

  it('exports spans, and neither metrics nor logs, where an address is set', async () => {
    const { url, paths } = await collector();
    const { code, errors } = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_SERVICE_NAME: 'test',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
    });
    expect([code, errors]).toEqual([0, '']);
    expect(new Set(paths)).toEqual(new Set(['/v1/traces']));
  }, 30_000);

  it('does nothing where none is set', async () => {
    const { paths } = await collector();
    expect(await run({})).toEqual({ code: 0, errors: '' });
    expect(paths).toEqual([]);
  }, 30_000);
});
