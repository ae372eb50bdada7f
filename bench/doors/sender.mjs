// A sender in a thread of its own: many connections, each with one message under way.
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { remoteWrites } from './remote-writes.mjs';
import { webhooks } from './webhooks.mjs';

const KINDS = {
  alerts: () => ({ messages: webhooks(), headers: { 'content-type': 'application/json' } }),
  samples: () => ({
    messages: remoteWrites(),
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
  }),
};

const load = /** @type {import('./load.d.mts').Load} */ (workerData);
const { messages, headers } = KINDS[load.kind]();
const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
const startedMs = performance.now();
const endMs = startedMs + load.seconds * 1000;
/** @type {Record<string, number>} */
const answers = {};
const times = [];
let sent = 0;

/** One message; answers its status, 0 where there was no answer. @param {Buffer} body @returns {Promise<number>} */
function send(body) {
  return new Promise((resolve) => {
    const outgoing = request(load.url, {
      method: 'POST',
      agent,
      headers: { ...headers, authorization: `Bearer ${load.token}`, 'content-length': body.length },
    });
    outgoing.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    outgoing.on('error', () => resolve(0));
    outgoing.end(body);
  });
}

async function connection() {
  while (performance.now() < endMs) {
    if (load.perSecond !== null) {
      const dueMs = startedMs + (sent / load.perSecond) * 1000;
      const early = dueMs - performance.now();
      if (early > 1) {
        await new Promise((resolve) => setTimeout(resolve, early));
        continue;
      }
    }
    sent++;
    const begunMs = performance.now();
    const status = await send(messages.next());
    if (times.length < 1_000_000) times.push(performance.now() - begunMs);
    answers[status] = (answers[status] ?? 0) + 1;
    // Whoever is told to come later does; a storm does not wait, but it does not spin either.
    if (status !== 202 && status !== 204) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

await Promise.all(Array.from({ length: load.connections }, connection));
agent.destroy();
parentPort?.postMessage({ answers, times, seconds: (performance.now() - startedMs) / 1000, records: messages.records });
