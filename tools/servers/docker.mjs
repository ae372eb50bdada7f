import { dockerAnswers } from './found.mjs';

/** Images for machines where neither a binary nor a distribution package is to be had. */
export const images = { postgres: 'postgres:18-alpine', nats: 'nats:2.12-alpine', redis: 'redis:8-alpine' };

/**
 * Runs a program from an image as if it were installed: in the foreground, on the host's network and folders.
 * @param {keyof typeof images} server
 * @param {string} program
 * @returns {Promise<import('./index.d.mts').Found | undefined>}
 */
export async function dockerFound(server, program) {
  if (!(await dockerAnswers())) return undefined;
  const image = images[server];
  const version = /:(\d+(?:\.\d+)?)/.exec(image)?.[1] ?? '0';
  return {
    how: `docker image ${image}`,
    version,
    command: 'docker',
    args: ['run', '--rm', '--network=host', '--entrypoint', program, image],
    env: {},
  };
}

/**
 * Gives a container the folders that its program reads and writes.
 * @param {import('./index.d.mts').Found} found
 * @param {string} dir
 * @param {import('./index.d.mts').Owner | undefined} owner
 */
export function withFolder(found, dir, owner) {
  if (found.command !== 'docker') return found.args;
  const user = owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return ['run', '--rm', '-v', `${dir}:${dir}`, '--user', `${user.uid}:${user.gid}`, ...found.args.slice(2)];
}
