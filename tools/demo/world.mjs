// What the story needs: the system, the shop beside it, and Prometheus with Alertmanager where they can be had.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { SupervisedService } from '../launcher/service.mjs';
import { keptOnce, makePassword, settledPorts, stateFolder } from '../launcher/state.mjs';
import { startSystem } from '../launcher/system.mjs';
import { projectDir } from '../servers/index.mjs';
import { canAlert, startAlerting } from './alerting.mjs';

/** What a CD system of the retailer listens with; verdicts and rollbacks are enough for it, and 2.9 takes one filter only. */
export const CD_SUBSCRIBER = { name: 'cd-system', filter: 'parapet.events.v1.acme-retail.>' };

const HISTORY_MINUTES = 60;
const MEASURED_WITHIN_MS = 60_000;

const TEMPLATES = join(projectDir, 'tools', 'demo', 'config');

/** @typedef {import('./world.d.mts').World} World */

/**
 * Starts everything and waits until the shop's past has been measured.
 * @param {import('./world.d.mts').WorldOptions} o
 * @returns {Promise<World>}
 */
export async function startWorld({
  stateDir: wanted,
  env = process.env,
  proposalExpiresSeconds,
  recoverWithinSeconds = 120,
  port,
  alerts = true,
  say,
}) {
  const { makeToken } = await import('@parapet/policy');
  const stateDir = stateFolder(wanted ?? join(stateFolder(undefined), 'demo'));
  const secrets = keptOnce(join(stateDir, 'demo.json'), () => ({
    person: makeToken(),
    pipeline: makeToken(),
    alertmanager: makeToken(),
    samples: makeToken(),
    deployment: `whsec_${randomBytes(32).toString('base64')}`,
    shop: makePassword(),
    reader: makePassword(),
  }));
  const ports = await settledPorts(join(stateDir, '.'), ['postgres', 'shop', 'prometheus'], {});
  const withAlerts = alerts && (await canAlert(say));
  const shopUrl = `http://127.0.0.1:${ports.shop}`;
  const databaseUrl = env.DATABASE_URL ?? `postgres://127.0.0.1:${ports.postgres}/`;

  const configDir = join(stateDir, 'config');
  writeConfiguration(
    configDir,
    {
      SHOP_URL: shopUrl,
      PROMETHEUS_URL: `http://127.0.0.1:${ports.prometheus}`,
      PROPOSAL_EXPIRES: `${proposalExpiresSeconds}s`,
      RECOVER_WITHIN: `${recoverWithinSeconds}s`,
    },
    withAlerts,
  );

  /** @type {(() => Promise<void>)[]} what to undo, last first */
  const undo = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const system = await startSystem({
      configDir,
      stateDir,
      env: {
        ...env,
        DEMO_PERSON_TOKEN: secrets.person,
        DEMO_PIPELINE_TOKEN: secrets.pipeline,
        DEMO_ALERTMANAGER_TOKEN: secrets.alertmanager,
        DEMO_SAMPLES_TOKEN: secrets.samples,
      },
      serviceEnv: {
        'kpi-probing': { SHOP_PROBE_URL: withUser(databaseUrl, 'shop_reader', secrets.reader) },
        'rollback-actuation': { DEPLOYMENT_SECRET: secrets.deployment },
      },
      ports: {
        ...(env.DATABASE_URL ? {} : { postgres: /** @type {number} */ (ports.postgres) }),
        ...(port === undefined ? {} : { 'release-control': port }),
      },
      servicesHeld: true,
      subscribers: [CD_SUBSCRIBER],
      say,
    });
    undo.push(system.stop);

    await makeShopDatabase(system.urls.postgres, secrets.shop);
    const shop = new SupervisedService({
      name: 'demo-retailer',
      args: ['--enable-source-maps', join(projectDir, 'services', 'demo-retailer', 'dist', 'main.js')],
      env: {
        ...env,
        NODE_OPTIONS: '',
        HOST: '127.0.0.1',
        PORT: String(ports.shop),
        SHOP_DATABASE_URL: withUser(databaseUrl, 'shop', secrets.shop),
        DEPLOYMENT_SECRET: secrets.deployment,
        SHOP_READER_PASSWORD: secrets.reader,
        SHOP_HISTORY_MINUTES: String(HISTORY_MINUTES),
        SHOP_BAD_VERSIONS: '2.5.0=bad-pos,2.5.1=bad-pos,2.6.0=bad-pos',
      },
      port: /** @type {number} */ (ports.shop),
      logDir: join(stateDir, 'logs'),
      runDir: stateDir,
      say,
    });
    undo.push(() => shop.stop());
    say('the shop opens and writes an hour of its past');
    await shop.start();
    await Promise.all(Object.values(system.services).map((service) => service.start()));
    say('five services ready');
    await pastMeasured(system.urls.postgres);
    say('the past is measured: there is something to compare a release with');

    const alerting = withAlerts
      ? await startAlerting({
          dir: stateDir,
          shopUrl,
          doorUrl: `${system.urls.ingestion}/v1/ingest/alertmanager/shop-alertmanager`,
          token: secrets.alertmanager,
          port: /** @type {number} */ (ports.prometheus),
          say,
        })
      : null;
    if (alerting) {
      undo.push(alerting.stop);
      say(`${alerting.versions}, scraping the shop`);
    } else say('the story goes on without Prometheus and Alertmanager: its alert guardrail is left out');
    await guardrailsHeard(system.urls.console, secrets.pipeline);
    say('every guardrail returns data: what it may lead to, it can now earn');

    return {
      system,
      shop: { url: shopUrl, deploy: (version, release) => deploy(shopUrl, secrets.deployment, version, release) },
      tokens: { person: secrets.person, pipeline: secrets.pipeline, samples: secrets.samples },
      alerting,
      proposalExpiresMs: proposalExpiresSeconds * 1000,
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** @param {string} dir @param {Readonly<Record<string, string>>} values @param {boolean} withAlerts */
function writeConfiguration(dir, values, withAlerts) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const file of readdirSync(TEMPLATES)) {
    if (file === 'alerts.yaml' && !withAlerts) continue;
    let text = readFileSync(join(TEMPLATES, file), 'utf8').replace(/\$\{([A-Z_]+)\}/g, (_, name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${file} asks for ${name}, which the demo does not know`);
      return value;
    });
    if (file === 'guardrails.yaml' && withAlerts) text += ALERT_GUARDRAIL;
    writeFileSync(join(dir, file), text);
  }
}

const ALERT_GUARDRAIL = `    - name: critical-alerts
      alerts: { matchers: ['severity="critical"', 'guardrail=~".+"'], for: 2s, rearm: 10s }
      mode: act
`;

/** @param {string} databaseUrl @param {string} user @param {string} password */
function withUser(databaseUrl, user, password) {
  const url = new URL(databaseUrl);
  url.username = user;
  url.password = password;
  url.pathname = '/shop';
  return url.href;
}

/** The shop's own database and owner, on the same server as Parapet's but out of its sight. @param {string} adminUrl @param {string} password */
async function makeShopDatabase(adminUrl, password) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount: role } = await client.query("SELECT FROM pg_roles WHERE rolname = 'shop'");
    const secret = client.escapeLiteral(password);
    await client.query(
      role === 0
        ? `CREATE ROLE shop LOGIN CREATEROLE PASSWORD ${secret}`
        : `ALTER ROLE shop LOGIN CREATEROLE PASSWORD ${secret}`,
    );
    const { rowCount: database } = await client.query("SELECT FROM pg_database WHERE datname = 'shop'");
    if (database === 0) await client.query('CREATE DATABASE shop OWNER shop');
  } finally {
    await client.end();
  }
}

/** Waits until nearly all of the shop's past has become history that releases are compared with. @param {string} adminUrl */
async function pastMeasured(adminUrl) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const deadlineMs = Date.now() + MEASURED_WITHIN_MS;
    for (;;) {
      const { rows } = await client.query(
        `SELECT count(DISTINCT minute)::int AS minutes FROM evaluation_rollup
          WHERE signal IN ('odoo.order.success', 'odoo.pos.sync.errors') AND minute > now() - interval '70 minutes' GROUP BY signal`,
      );
      if (rows.length === 2 && rows.every(({ minutes }) => minutes >= HISTORY_MINUTES * 0.9)) return;
      if (Date.now() > deadlineMs)
        throw new Error(
          `the shop's past was not measured within ${MEASURED_WITHIN_MS / 1000} s: the logs of kpi-probing and guardrail-evaluation say why`,
        );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    await client.end();
  }
}

/** Waits until every declared guardrail has returned data once; before that it would only observe. @param {string} url @param {string} token */
async function guardrailsHeard(url, token) {
  const deadlineMs = Date.now() + MEASURED_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/v1/guardrails`, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`cannot ask how far guardrails are trusted: ${response.status}`);
    const { items } = /** @type {{ items: { policy: string; guardrail: string; data: { at: string | null } }[] }} */ (
      await response.json()
    );
    const silent = items
      .filter(({ data }) => data.at === null)
      .map(({ policy, guardrail }) => `${policy}/${guardrail}`);
    if (items.length > 0 && silent.length === 0) return;
    if (Date.now() > deadlineMs)
      throw new Error(`not heard within ${MEASURED_WITHIN_MS / 1000} s: ${silent.join(', ') || 'any guardrail'}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What the retailer's own CD does. @param {string} shopUrl @param {string} secret @param {string} version @param {string} release */
async function deploy(shopUrl, secret, version, release) {
  const response = await fetch(`${shopUrl}/deploy`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ version, release }),
    signal: AbortSignal.timeout(15_000),
  });
  if (!response.ok) throw new Error(`the shop refused version ${version}: ${response.status} ${await response.text()}`);
}
