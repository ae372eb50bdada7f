// Prepares servers that run elsewhere, as the job before the services: schema and roles, streams, configuration.
import { connectJetStream, ensureStreams, streamSizesOf } from '@parapet/jetstream';
import { hashToken, isTokenShaped } from '@parapet/policy';
import { migrate, roleUrl } from '@parapet/postgres';
import { ConfigurationRefused, readConfiguration, storeConfiguration } from './configuration.mjs';
import { SERVICES } from './services.mjs';

/** @returns {{ adminUrl: string; natsUrl: string; natsPassword: string; configDir: string; token: string; passwords: Record<typeof SERVICES[number], string> }} */
function readEnvironment() {
  /** @type {string[]} */
  const missing = [];
  const value = (/** @type {string} */ name) => {
    const text = process.env[name];
    if (!text) missing.push(name);
    return text ?? '';
  };
  const passwords = Object.fromEntries(SERVICES.map((name) => [name, value(passwordVariable(name))]));
  const settings = {
    adminUrl: value('DATABASE_URL'),
    natsUrl: value('NATS_URL'),
    natsPassword: value('NATS_PASSWORD'),
    configDir: value('PARAPET_CONFIG'),
    token: value('PARAPET_OPERATOR_TOKEN'),
    passwords: /** @type {Record<typeof SERVICES[number], string>} */ (passwords),
  };
  if (missing.length > 0)
    throw new ConfigurationRefused(`these environment variables are missing: ${missing.join(', ')}`);
  if (!isTokenShaped(settings.token))
    throw new ConfigurationRefused(
      'PARAPET_OPERATOR_TOKEN is no token, or was mistyped: make one with parapet token new',
    );
  return settings;
}

/** @param {string} service */
function passwordVariable(service) {
  return `PARAPET_PASSWORD_${service.toUpperCase().replaceAll('-', '_')}`;
}

try {
  const { adminUrl, natsUrl, natsPassword, configDir, token, passwords } = readEnvironment();
  const documents = readConfiguration(configDir);
  const { applied } = await migrate({ adminUrl, passwords });
  console.log(`database: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply'}`);
  const connection = await connectJetStream({
    url: natsUrl,
    user: process.env.NATS_USER ?? 'launcher',
    password: natsPassword,
    name: 'parapet-prepare',
  });
  try {
    await ensureStreams(connection, streamSizesOf(process.env));
  } finally {
    await connection.close();
  }
  console.log('streams are there');
  const tokens = Object.fromEntries(documents.map(({ tenant }) => [tenant, token]));
  await storeConfiguration({
    databaseUrl: roleUrl(adminUrl, 'release-control', passwords['release-control']),
    documents,
    tokens,
  });
  console.log(
    `configuration is stored; sign in with PARAPET_OPERATOR_TOKEN (SHA-256 ${hashToken(token).slice(0, 12)}…)`,
  );
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : String(cause));
  process.exitCode = cause instanceof ConfigurationRefused ? 2 : 1;
}
