import { snippetsOf } from './snippets.js';
import { TENANT } from './asked.js';

/** A shop that a Prometheus scrapes, its rules, and the sources that ask. */

export const HISTORY_HOURS = 26;
export const EVERY_MS = 2_000;

export const prometheusYaml = (target: string) => `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['${target}'] }] }]
`;

/** The second rule cannot be evaluated: several series for one of the other side. */
export const RULES = `
groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: queue_jobs > 10
        labels: { severity: critical, environment: production }
      - alert: QueueBroken
        expr: 'queue_jobs * on() group_left() pos_orders_total > 0'
        labels: { severity: critical, environment: production }
`;

const SIGNALS = `
    - { name: shop.queue, unit: jobs, badDirection: high, form: gauge, query: { value: queue_jobs } }
    - name: shop.errors
      unit: orders
      badDirection: high
      form: proportion
      query:
        count: sum by (shop) (increase(pos_errors_total[$window]))
        of: sum by (shop) (increase(pos_orders_total[$window]))
        dimensions: { store: shop }
    - { name: shop.orders, unit: orders, badDirection: low, form: rate, query: { count: 'sum(increase(pos_orders_total[$window]))' } }
    - { name: shop.latency, unit: seconds, badDirection: high, form: histogram, query: { buckets: 'sum by (le) (increase(checkout_seconds_bucket[$window]))' } }
    - { name: no.series, unit: jobs, badDirection: high, query: { value: nobody_measures_this } }
    - { name: no.number, unit: jobs, badDirection: high, query: { value: 'queue_jobs * 0 / 0' } }
    - { name: no.end, unit: jobs, badDirection: high, query: { value: '(queue_jobs + 1) / 0' } }
    - { name: no.query, unit: jobs, badDirection: high, query: { value: 'sum(' } }
`;

const TENANT_YAML = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { tenant: ${TENANT}, name: ${TENANT} }
spec: { environments: [{ name: production }], access: [] }
`;

/** The snippets of the page as somebody would paste them, with this Prometheus in place of theirs, and asked as often as this test can wait. */
const pasted = (n: number, url: string, more = '') =>
  (snippetsOf('prometheus-query.md', 'yaml')[n] as string)
    .replace('https://prometheus.acme.example', `${url}\n    allowPrivate: true`)
    .replace('scrapeInterval: 15s', 'scrapeInterval: 1s')
    .replace('every: 1m', `every: ${EVERY_MS / 1000}s\n  history: 0s`)
    .replace('cluster: eu', 'cluster: here')
    .replace('spec:', `spec:${more}`);

/** A source with everything that can come of a question, and the one of the page. */
export const askedYaml = (url: string) => `${TENANT_YAML}
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: ${TENANT}, name: shop-prometheus }
spec:
  kind: prometheus-query
  environments: [production]
  prometheus: { url: '${url}', allowPrivate: true, scrapeInterval: 1s, timeout: 2s }
  every: ${EVERY_MS / 1000}s
  history: ${HISTORY_HOURS}h
  signals:${SIGNALS}
---
${pasted(0, url)}`;

/** The source of alerts of the page; another interval means another declaration, so that it is asked at once. */
export const alertsYaml = (url: string, repeatSeconds: number) => `${TENANT_YAML}
---
${pasted(1, url, `\n  repeatInterval: ${repeatSeconds}s`)}
---
apiVersion: parapet.dev/v1
kind: GuardrailPolicy
metadata: { tenant: ${TENANT}, name: alerts-only }
spec:
  watch: { warmUp: 0s, duration: 10m }
  guardrails: [{ name: critical, alerts: { matchers: ['severity="critical"'] }, mode: act }]
`;

/** What the shop had measured for more than a day: in each of two places forty orders a minute, and of every ten one goes wrong. */
export function pastOf(untilMs: number): string {
  const lines: string[] = [];
  for (const name of ['pos_orders', 'pos_errors']) {
    lines.push(`# TYPE ${name} counter`);
    for (const place of ['lyon', 'nice']) {
      for (let s = untilMs / 1000 - (HISTORY_HOURS + 1) * 3600, n = 0; s <= untilMs / 1000; s += 15, n++)
        lines.push(`${name}_total{shop="${place}"} ${name === 'pos_orders' ? 10 * n : n} ${s}`);
    }
  }
  return [...lines, '# EOF', ''].join('\n');
}

/** What the shop measures now: ten times a second something happens in both places. */
export function presentOf(sinceMs: number, queue: number): readonly string[] {
  const n = Math.floor((Date.now() - sinceMs) / 100);
  const places = ['lyon', 'nice'].flatMap((place) => [
    `pos_orders_total{shop="${place}"} ${10 * n}`,
    `pos_errors_total{shop="${place}"} ${n}`,
    `http_requests_total{shop="${place}",code="200"} ${9 * n}`,
  ]);
  const cumulative: readonly (readonly [string, number])[] = [
    ['0.1', 5],
    ['0.5', 8],
    ['+Inf', 9],
  ];
  const buckets = ['checkout_seconds_bucket', 'http_request_duration_seconds_bucket'].flatMap((name) =>
    cumulative.map(([le, each]) => `${name}{le="${le}"} ${each * n}`),
  );
  // Nobody in Nice has seen an error yet: there is no such counter.
  const errors = `http_requests_total{shop="lyon",code="500"} ${n}`;
  return [
    '# TYPE queue_jobs gauge',
    `queue_jobs ${queue}`,
    ...places,
    errors,
    `shop_orders_total ${n}`,
    'shop_carts_open 41',
    ...buckets,
  ];
}
