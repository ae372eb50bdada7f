import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashToken, makeToken } from '@parapet/policy';
import { startAlertmanager, startPrometheus, type TestServer } from '@parapet/testkit';
import { tlsFile, TLS_ENVIRONMENT } from './secure.js';
import { snippetsOf } from './snippets.js';
import { World } from './world.js';

const [ALERTMANAGER_YML, , CLIENT_TLS, ALERTMANAGER_SOURCE] = snippetsOf('alertmanager.md', 'yaml') as readonly [
  string,
  string,
  string,
  string,
];
const [PROMETHEUS_YML, PROMETHEUS_SOURCE, RULES_YML] = snippetsOf('prometheus-push.md', 'yaml') as readonly [
  string,
  string,
  string,
];
const PLACE = 'https://parapet.acme.example';
const TOKEN_LINE = '          authorization: { credentials_file: /etc/alertmanager/parapet.token }\n';

/**
 * A running Prometheus and a running Alertmanager, configured as the pages say, which both tell a running metrics-ingestion over TLS:
 * Prometheus with a token, Alertmanager with a client certificate. Only addresses, paths and waiting times are other ones.
 */
export class Senders {
  private constructor(
    readonly world: World,
    readonly alertmanager: TestServer,
    readonly prometheus: TestServer,
    private readonly shop: Shop,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Senders> {
    const token = makeToken();
    const folder = mkdtempSync(join(tmpdir(), 'parapet-senders-'));
    writeFileSync(join(folder, 'token'), `${token}\n`);
    const world = await World.start(sources(token), TLS_ENVIRONMENT);
    const shop = await Shop.open();
    const alertmanager = await startAlertmanager({ configYaml: alertmanagerYaml(world.service.url) });
    const prometheus = await startPrometheus({
      configYaml: prometheusYaml({
        url: world.service.url,
        alertmanager: alertmanager.url,
        shop: shop.address,
        folder,
      }),
      rulesYaml: RULES_YML.replace('keep_firing_for: 2m ', 'keep_firing_for: 0s '),
      resendDelay: '1s',
    });
    return new Senders(world, alertmanager, prometheus, shop, folder);
  }

  /** Orders fail, or do so no longer. */
  fail(isFailing: boolean): void {
    this.shop.isFailing = isFailing;
  }

  async stop(): Promise<void> {
    await this.prometheus.stop();
    await this.alertmanager.stop();
    await this.shop.close();
    await this.world.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A shop that shows one metric. */
class Shop {
  isFailing = false;
  readonly #server = createServer((_, response) => {
    response.end(`# TYPE shop_orders_failing gauge\nshop_orders_failing ${this.isFailing ? 3 : 0}\n`);
  });

  static async open(): Promise<Shop> {
    const shop = new Shop();
    await new Promise<void>((resolve) => shop.#server.listen(0, '127.0.0.1', resolve));
    return shop;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The pages' own sources, as a pair. */
function sources(token: string): string {
  const pushes = PROMETHEUS_SOURCE.replace(
    'credentials: [{ env: SHOP_RULES_TOKEN }]',
    `credentials: [{ sha256: "${hashToken(token)}" }]\n  pairedWith: edge`,
  );
  const edge = ALERTMANAGER_SOURCE.replace('name: shop-alertmanager', 'name: edge');
  return `---\n${pushes}---\n${edge}  pairedWith: shop-rules\n`;
}

function alertmanagerYaml(url: string): string {
  const tls = CLIENT_TLS.replace('/etc/alertmanager/parapet-ca.pem', tlsFile('authority.pem'))
    .replace('/etc/alertmanager/client.pem', tlsFile('alertmanager.pem'))
    .replace('/etc/alertmanager/client.key', tlsFile('alertmanager.key'));
  return ALERTMANAGER_YML.replaceAll(
    `${PLACE}/v1/ingest/alertmanager/shop-alertmanager`,
    `${url}/v1/ingest/alertmanager/edge`,
  )
    .replaceAll(TOKEN_LINE, tls)
    .replace('group_wait: 5s', 'group_wait: 1s')
    .replaceAll('group_interval: 15s', 'group_interval: 1s');
}

function prometheusYaml(at: { url: string; alertmanager: string; shop: string; folder: string }): string {
  const alerting = PROMETHEUS_YML.replace('alertmanager-1:9093', new URL(at.alertmanager).host)
    .replace('parapet.acme.example', new URL(at.url).host)
    .replace('/etc/prometheus/parapet.token', join(at.folder, 'token'))
    .replace('      path_prefix:', `      tls_config: { ca_file: ${tlsFile('authority.pem')} }\n      path_prefix:`);
  return `
global: { scrape_interval: 250ms, evaluation_interval: 250ms }
rule_files: [rules.yml]
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["${at.shop}"] }]
${alerting}`;
}
