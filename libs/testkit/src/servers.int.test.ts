import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { natsGreeting, postgresAnswers, redisAnswers } from '../../../tools/servers/index.mjs';
import { startAlertmanager, startNats, startPostgres, startPrometheus, startRedis } from './servers.js';

const portOf = (url: string): number => Number(new URL(url).port);

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });

describe('servers of one’s own', () => {
  it('starts PostgreSQL, twice beside each other, and stops both', async () => {
    const [one, two] = await Promise.all([startPostgres(), startPostgres()]);
    expect(portOf(one.adminUrl)).not.toBe(portOf(two.adminUrl));
    expect(await postgresAnswers('127.0.0.1', portOf(one.adminUrl))).toBe(true);
    expect(await postgresAnswers('127.0.0.1', portOf(two.adminUrl))).toBe(true);
    await Promise.all([one.stop(), two.stop()]);
    expect(await refuses(portOf(one.adminUrl))).toBe(true);
    expect(await refuses(portOf(two.adminUrl))).toBe(true);
  }, 120_000);

  it('starts NATS with JetStream, and brings it back on the same port after a stop and after a crash', async () => {
    const nats = await startNats({ config: 'debug: false' });
    const port = portOf(nats.url);
    expect(await natsGreeting('127.0.0.1', port)).toEqual({ version: nats.version, jetstream: true });
    await nats.restart();
    expect((await natsGreeting('127.0.0.1', port))?.jetstream).toBe(true);
    await nats.crash();
    expect(await refuses(port)).toBe(true);
    await nats.restart();
    expect((await natsGreeting('127.0.0.1', port))?.jetstream).toBe(true);
    await nats.stop();
    expect(await refuses(port)).toBe(true);
    expect(existsSync(nats.dir)).toBe(false);
  }, 120_000);

  it('starts Redis', async () => {
    const redis = await startRedis();
    expect(await redisAnswers('127.0.0.1', portOf(redis.url))).toBe(true);
    await redis.stop();
    expect(await refuses(portOf(redis.url))).toBe(true);
  }, 120_000);

  it('starts Prometheus with rules and Alertmanager', async () => {
    const alertmanager = await startAlertmanager({
      configYaml: 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n',
    });
    const prometheus = await startPrometheus({
      configYaml: 'global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [rules.yml]\n',
      rulesYaml: 'groups: [{ name: one, rules: [{ alert: Always, expr: vector(1) }] }]\n',
    });
    const rules = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as {
      data: { groups: { rules: { name: string }[] }[] };
    };
    expect(rules.data.groups[0]?.rules[0]?.name).toBe('Always');
    expect((await fetch(`${alertmanager.url}/api/v2/status`)).status).toBe(200);
    await prometheus.stop();
    await alertmanager.stop();
    expect(await refuses(portOf(prometheus.url))).toBe(true);
  }, 120_000);

  it('says why a server could not start, with the end of its log', async () => {
    await expect(startNats({ config: 'no such thing' })).rejects.toThrow(/nats ended with exit code 1.*nats\.log/s);
  }, 120_000);
});
