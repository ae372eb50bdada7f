import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { kubernetesSettings } from './kubernetes.js';
import { postgresSettings } from './postgres.js';
import { redisSettings } from './redis.js';
import { traefikSettings } from './traefik.js';

const connection = { env: 'DATABASE_URL' };
const url = 'https://traefik.shop.example/metrics';
const namespaces = ['shop'];

describe('what a probe of the platform needs is enough', () => {
  it.each<[string, z.ZodType, object]>([
    ['postgres', postgresSettings, { connection }],
    ['redis', redisSettings, { connection }],
    ['traefik', traefikSettings, { url }],
    ['kubernetes', kubernetesSettings, { namespaces }],
  ])('%s', (_, schema, settings) => {
    expect(schema.safeParse(settings).error?.issues ?? []).toEqual([]);
  });
});

describe('what a probe of the platform cannot mean is refused', () => {
  it.each<[string, z.ZodType, object, string]>([
    [
      'postgres: a connection in clear',
      postgresSettings,
      { connection: 'postgres://monitor:secret@db/shop' },
      'connection',
    ],
    ['postgres: a KPI that nobody measures', postgresSettings, { connection, kpis: ['lock'] }, 'kpis.0'],
    ['postgres: a KPI twice', postgresSettings, { connection, kpis: ['locks', 'locks'] }, 'kpis'],
    ['postgres: a share of dead rows above all', postgresSettings, { connection, deadRatio: 1 }, 'deadRatio'],
    ['postgres: an unknown setting', postgresSettings, { connection, standby: ['replica-1'] }, ''],
    ['redis: no round trip at all', redisSettings, { connection, pings: 0 }, 'pings'],
    ['redis: a walk through everything', redisSettings, { connection, scan: 10_000_000 }, 'scan'],
    [
      'traefik: a password in the address',
      traefikSettings,
      { url: 'https://me:secret@traefik.example/metrics' },
      'url',
    ],
    ['traefik: plain http that nobody allowed', traefikSettings, { url: 'http://traefik/metrics' }, 'url'],
    ['traefik: no regular expression', traefikSettings, { url, services: ['odoo('] }, 'services.0'],
    ['kubernetes: no namespace', kubernetesSettings, { namespaces: [] }, 'namespaces'],
    ['kubernetes: a path for a namespace', kubernetesSettings, { namespaces: ['../secrets'] }, 'namespaces.0'],
    [
      'kubernetes: plain http',
      kubernetesSettings,
      { namespaces, server: 'http://10.0.0.1', allowPrivate: true },
      'server',
    ],
  ])('%s', (_, schema, settings, where) => {
    expect(schema.safeParse(settings).error?.issues.map(({ path }) => path.join('.'))).toEqual([where]);
  });
});
