import type { ServerResponse } from 'node:http';
import { cloudEvent, isPublicType } from '@parapet/contracts';
import type { JournalRow } from '@parapet/runtime';
import { type Live, Waiter } from './live.js';

const ALIVE_EVERY_MS = 15_000;
/** A reader proves anew who it is at least this often: it comes back with `Last-Event-ID` and misses nothing. */
const CONNECTION_MS = 15 * 60_000;

/** A release's events as they happen: `id` is the sequence, `data` the CloudEvent. */
export async function streamEvents(
  out: ServerResponse,
  live: Live,
  release: { readonly tenant: string; readonly id: string },
  after: number,
  read: (afterVersion: number) => Promise<readonly JournalRow[]>,
): Promise<void> {
  const waiter = new Waiter(live, release.tenant, release.id);
  let isOpen = true;
  out.on('close', () => {
    isOpen = false;
    waiter.notify();
  });
  const endsAtMs = Date.now() + CONNECTION_MS;
  let sequence = after;
  try {
    await write(out, 'retry: 2000\n\n');
    while (isOpen && !live.stopped && Date.now() < endsAtMs) {
      for (const row of await read(sequence)) {
        sequence = row.version;
        if (isPublicType(row.type)) await write(out, frame(row));
      }
      const changed = await waiter.next(ALIVE_EVERY_MS);
      if (!changed && isOpen) await write(out, ': alive\n\n');
    }
  } finally {
    waiter.close();
    out.end();
  }
}

function frame(row: JournalRow): string {
  return `id: ${row.version}\ndata: ${JSON.stringify(cloudEvent(row))}\n\n`;
}

/** Waits for a slow reader instead of keeping its events in memory. */
async function write(out: ServerResponse, text: string): Promise<void> {
  if (out.destroyed || out.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.on('drain', done);
    out.on('close', done);
  });
}
