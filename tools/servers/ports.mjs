import { connect, createServer } from 'node:net';

const ANSWER_LIMIT_MS = 2_000;

/**
 * A port of this machine that nobody listens on at this moment.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Opens a connection, says something, and gives the first piece of the answer; undefined if none comes.
 * @param {{ host: string; port: number; hello?: Buffer | string }} peer
 * @returns {Promise<Buffer | undefined>}
 */
export function firstAnswer({ host, port, hello }) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (/** @type {Buffer | undefined} */ answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => end(undefined));
    socket.once('connect', () => hello !== undefined && socket.write(hello));
    socket.once('data', end);
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}

/**
 * The protocol's own greeting shows that PostgreSQL takes connections, and is not merely starting.
 * @param {string} host
 * @param {number} port
 */
export async function postgresAnswers(host, port) {
  const parameters = Buffer.from('user\0parapet\0database\0postgres\0\0', 'latin1');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(196_608, 4);
  const answer = await firstAnswer({ host, port, hello: Buffer.concat([head, parameters]) });
  if (!answer) return false;
  if (answer[0] === 0x52) return true;
  // An error about the user or encryption also comes from a working server; 57P03 is "starting up" or "shutting down".
  return answer[0] === 0x45 && !answer.includes('57P03');
}

/**
 * What a NATS server tells about itself.
 * @param {string} host
 * @param {number} port
 * @returns {Promise<{ version: string; jetstream: boolean } | undefined>}
 */
export async function natsGreeting(host, port) {
  const text = (await firstAnswer({ host, port }))?.toString('utf8') ?? '';
  if (!text.startsWith('INFO ')) return undefined;
  const said = JSON.parse(text.slice(5, text.indexOf('\r\n')));
  return { version: String(said.version), jetstream: said.jetstream === true };
}

/**
 * @param {string} host
 * @param {number} port
 */
export async function redisAnswers(host, port) {
  const text = (await firstAnswer({ host, port, hello: 'PING\r\n' }))?.toString('utf8') ?? '';
  return text.startsWith('+PONG') || text.startsWith('-NOAUTH');
}

/**
 * @param {string} url
 */
export async function httpAnswers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })).ok;
  } catch {
    return false;
  }
}
