import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseMatcher } from '@parapet/policy';
import { startAlertmanager, startPrometheus, type TestServer } from '@parapet/testkit';
import { parse } from 'yaml';

const EXAMPLES = new URL('../../examples/alertmanager/', import.meta.url);
const text = (file: string) => readFileSync(new URL(file, EXAMPLES), 'utf8');

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly receiver: string;
    readonly version: string;
    readonly alerts: readonly { readonly labels: Record<string, string> }[];
  };
}

describe('examples/alertmanager', () => {
  const heard: Heard[] = [];
  const door = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      heard.push({
        path: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      });
      response.writeHead(202).end('{}');
    });
  });
  let alertmanager: TestServer | undefined;
  let folder: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    folder = mkdtempSync(join(tmpdir(), 'parapet-alertmanager-'));
    writeFileSync(join(folder, 'token'), 'ppt_secret\n');
    const address = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    const configYaml = text('alertmanager.yml')
      .replaceAll('https://parapet.acme.example', address)
      .replaceAll('/etc/alertmanager/parapet.token', join(folder, 'token'));
    alertmanager = await startAlertmanager({ configYaml });
  }, 120_000);
  afterAll(async () => {
    await alertmanager?.stop();
    door.closeAllConnections();
    await new Promise((resolve) => door.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings a guardrail alert and the heartbeat to the source, with its token, and leaves other alerts alone', async () => {
    const labels = { environment: 'production', release: 'r1', service: 'odoo-web' };
    const alerts = [
      { labels: { ...labels, alertname: 'OdooErrorsHigh', guardrail: 'critical-alerts' } },
      { labels: { alertname: 'Watchdog', environment: 'production' } },
      { labels: { alertname: 'DiskFull' } },
    ];
    const posted = await fetch(new URL('/api/v2/alerts', alertmanager?.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(posted.status).toBe(200);
    const endsAtMs = Date.now() + 20_000;
    while (heard.length < 2 && Date.now() < endsAtMs) await setTimeout(20);
    const told = heard.map(({ path, headers, body }) => ({
      path,
      authorization: headers.authorization,
      receiver: body.receiver,
      version: body.version,
      alerts: body.alerts.map((alert) => alert.labels['alertname']),
    }));
    const always = { path: '/v1/ingest/alertmanager/alertmanager', authorization: 'Bearer ppt_secret', version: '4' };
    expect(told.sort((a, b) => (a.receiver < b.receiver ? -1 : 1))).toEqual([
      { ...always, receiver: 'release-guardrail', alerts: ['OdooErrorsHigh'] },
      { ...always, receiver: 'release-guardrail-heartbeat', alerts: ['Watchdog'] },
    ]);
  }, 60_000);

  it('has rules that a real Prometheus takes', async () => {
    const configYaml = 'global: { evaluation_interval: 1s }\nrule_files: [rules.yml]\n';
    const prometheus = await startPrometheus({ configYaml, rulesYaml: text('rules.yml') });
    try {
      const answer = (await (await fetch(new URL('/api/v1/rules', prometheus.url))).json()) as {
        data: { groups: { rules: { name: string }[] }[] };
      };
      expect(answer.data.groups.flatMap((group) => group.rules.map((rule) => rule.name))).toEqual([
        'OdooErrorsHigh',
        'Watchdog',
      ]);
    } finally {
      await prometheus.stop();
    }
  }, 120_000);

  it('routes by matchers that Parapet reads as Alertmanager does', () => {
    const { route } = parse(text('alertmanager.yml')) as { route: { routes: { matchers: string[] }[] } };
    const matchers = route.routes.flatMap((one) => one.matchers);
    expect(matchers.map((matcher) => parseMatcher(matcher))).toEqual([
      { matcher: { label: 'guardrail', operator: '=~', value: '.+' } },
      { matcher: { label: 'alertname', operator: '=', value: 'Watchdog' } },
    ]);
  });
});
