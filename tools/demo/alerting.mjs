// A real Prometheus that scrapes the shop and a real Alertmanager that tells Parapet, where this machine can have them.
import { join } from 'node:path';
import { findAlertmanager, findPrometheus, freePort, startAlertmanager, startPrometheus } from '../servers/index.mjs';

/**
 * Whether both programs can be had here; says why not, once.
 * @param {(line: string) => void} say
 */
export async function canAlert(say) {
  const prometheus = await findPrometheus(say);
  const alertmanager = prometheus && (await findAlertmanager(say));
  return Boolean(prometheus && alertmanager);
}

const RULES = `
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: Watchdog
        expr: vector(1)
        labels: { environment: production, severity: none }
        annotations: { summary: "Always firing: proves that alerts arrive." }
      - alert: PosSyncErrorsHigh
        expr: |
          sum(rate(shop_pos_sync_errors_total[15s])) / sum(rate(shop_pos_orders_total[15s])) > 0.06
        for: 3s
        labels: { environment: production, service: odoo-pos, guardrail: pos-sync, severity: critical }
        annotations:
          summary: "POS orders arrive late or broken"
          value: "{{ $value }}"
          limit: "0.06"
`;

/** @param {string} shopUrl @param {number} alertmanagerPort */
function prometheusYaml(shopUrl, alertmanagerPort) {
  return `
global: { scrape_interval: 2s, evaluation_interval: 1s }
rule_files: [rules.yml]
alerting:
  alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${alertmanagerPort}'] }] }]
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ['${new URL(shopUrl).host}'] }]
`;
}

/** @param {string} doorUrl @param {string} token */
function alertmanagerYaml(doorUrl, token) {
  const http = `http_config: { follow_redirects: false, authorization: { credentials: ${JSON.stringify(token)} } }`;
  return `
route:
  receiver: nobody
  routes:
    - receiver: release-guardrail
      continue: true
      matchers: ['guardrail=~".+"']
      group_by: [environment, release, service]
      group_wait: 1s
      group_interval: 5s
      repeat_interval: 10s
    - receiver: release-guardrail-heartbeat
      matchers: ['alertname="Watchdog"']
      group_by: [alertname, environment]
      group_wait: 0s
      group_interval: 2s
      repeat_interval: 2s
receivers:
  - name: nobody
  - name: release-guardrail
    webhook_configs: [{ url: '${doorUrl}', send_resolved: true, max_alerts: 0, ${http} }]
  - name: release-guardrail-heartbeat
    webhook_configs: [{ url: '${doorUrl}', ${http} }]
`;
}

/**
 * Starts both and points them at the shop and at the door.
 * @param {{ dir: string; shopUrl: string; doorUrl: string; token: string; port: number; say: (line: string) => void }} o
 * @returns {Promise<{ prometheusUrl: string; alertmanagerUrl: string; versions: string; stop(): Promise<void> }>}
 */
export async function startAlerting({ dir, shopUrl, doorUrl, token, port, say }) {
  const alertmanager = await startAlertmanager({
    dir: join(dir, 'alertmanager'),
    configYaml: alertmanagerYaml(doorUrl, token),
    port: await freePort(),
    say,
  });
  const prometheus = await startPrometheus({
    dir: join(dir, 'prometheus'),
    configYaml: prometheusYaml(shopUrl, alertmanager.port),
    rulesYaml: RULES,
    // Its first word may find no Alertmanager yet; the story cannot wait a minute for the second.
    resendDelay: '5s',
    port,
    say,
  });
  return {
    prometheusUrl: prometheus.url,
    alertmanagerUrl: alertmanager.url,
    versions: `${prometheus.version}, ${alertmanager.version}`,
    async stop() {
      await prometheus.stop();
      await alertmanager.stop();
    },
  };
}
