import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseDocuments } from '@parapet/policy';
import { parse } from 'yaml';
import { VARIABLES } from '../../deploy/make-env.mjs';
import { SERVICES } from '../../tools/launcher/services.mjs';
import { declaredUsers, natsConf } from '../../tools/nats-conf.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly string[];
}

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
};
const services = Object.entries(compose.services);
const hostsIn = (value: string): string[] =>
  [...value.matchAll(/\/\/(?:[^@/\s'"]*@)?([a-z][a-z-]+):\d+/g)]
    .map((match) => match[1] as string)
    .filter((host) => host !== 'localhost');

describe('docker-compose.yml', () => {
  it('runs the five services, the shop, their servers, and Prometheus with Alertmanager', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      [...SERVICES, 'demo-retailer', 'prepare', 'postgres', 'nats', 'redis', 'prometheus', 'alertmanager'].sort(),
    );
  });

  it.each(services.filter(([, service]) => service.build))('%s runs a program that the image has', (_, service) => {
    const [program] = service.command ?? [];
    expect(program === 'prepare' || existsSync(join(repository, 'services', String(program), 'src', 'main.ts'))).toBe(
      true,
    );
  });

  it.each(services)('%s depends on, mounts and names only what is there', (_, service) => {
    for (const other of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty([other]);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./'))
        expect({ source, exists: existsSync(join(repository, source)) }).toEqual({ source, exists: true });
      else expect(compose.volumes).toHaveProperty([source]);
    }
    for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty([secret]);
    for (const value of Object.values(service.environment ?? {}))
      for (const host of hostsIn(value)) expect(compose.services).toHaveProperty([host]);
  });

  it('asks for exactly the values that deploy/make-env.mjs makes', () => {
    const asked = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1] as string));
    for (const { environment } of Object.values(compose.secrets)) asked.add(environment);
    expect([...asked].sort()).toEqual(Object.keys(VARIABLES).sort());
  });

  it('gives the credentials of targets to the actuator, the shop that checks them, and nobody else', () => {
    const holders = services
      .filter(([, service]) => JSON.stringify(service.environment ?? {}).includes('PARAPET_TARGET_'))
      .map(([name]) => name);
    expect(holders.sort()).toEqual(['demo-retailer', 'rollback-actuation']);
  });

  it('gives each service its own PostgreSQL role and NATS user', () => {
    for (const name of SERVICES) {
      const { DATABASE_URL, NATS_USER } = compose.services[name]?.environment ?? {};
      expect(DATABASE_URL).toMatch(new RegExp(`^postgres://parapet_${name.replaceAll('-', '_')}:`));
      expect(NATS_USER).toBe(name);
    }
  });
});

describe('what the containers are configured with', () => {
  it('is a valid configuration', () => {
    const files = readdirSync(join(repository, 'deploy/config')).map((file) => ({
      file,
      text: read(`deploy/config/${file}`),
    }));
    expect(parseDocuments(files)).not.toHaveProperty('problems');
  });

  it.each(['deploy/prometheus/prometheus.yml', 'deploy/alertmanager/alertmanager.yml'])(
    '%s names services of the compose file',
    (file) => {
      const named = [
        ...hostsIn(read(file)),
        ...[...read(file).matchAll(/'([a-z-]+):\d+'/g)].map((match) => match[1] as string),
      ];
      expect(named.length).toBeGreaterThan(0);
      for (const host of named) expect(compose.services).toHaveProperty([host]);
    },
  );

  it('has the NATS users of users.json, as tools/nats-conf.mjs writes them', () => {
    expect(read('deploy/nats/nats.conf')).toBe(natsConf(declaredUsers()));
    const users = (declaredUsers() as { users: { user: string }[] }).users.map(({ user }) => user);
    expect(users).toEqual(expect.arrayContaining([...SERVICES]));
  });
});

describe('the Dockerfile', () => {
  it('copies and starts files that are there', () => {
    const files = [...read('Dockerfile').matchAll(/"(deploy\/[a-z-]+\.mjs)"/g)].map((match) => match[1] as string);
    expect(files).toEqual(['deploy/healthy.mjs', 'deploy/run.mjs']);
    for (const file of files) expect(existsSync(join(repository, file))).toBe(true);
  });
});
