import { type Queries } from '../shop/database.js';
import { GOOD } from './behaviour.js';
import { drawPosOrder, drawWebOrder } from './orders.js';
import type { Random } from './random.js';
import { writePosOrders, writeWebOrders } from './write.js';

/** Orders a second at the web shop and at all tills together. */
export interface Rates {
  readonly webPerSecond: number;
  readonly posPerSecond: number;
}

const CHUNK_MS = 120_000;
/** A shorter pause is not worth filling. */
const GAP_MS_MIN = 5_000;

/** When the last order was written; null in a new shop. Milliseconds of the database's clock. */
export async function lastTradeMs(db: Queries): Promise<number | null> {
  const [row] = await db.query<{ ms: number | null }>(
    `SELECT extract(epoch FROM max(create_date) AT TIME ZONE 'UTC')::float8 * 1000 AS ms FROM sale_order`,
  );
  return row?.ms ?? null;
}

/** The database's clock. */
export async function databaseNowMs(db: Queries): Promise<number> {
  const [row] = await db.query<{ ms: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms');
  return (row as { ms: number }).ms;
}

/**
 * Writes the trade of `[fromMs, toMs)` as a good version would have made it, so that there is a past to compare with.
 * Chunks go oldest first: ids grow with time, as measurements that read the newest ids rely on.
 */
export async function writeHistory(
  db: Queries,
  rates: Rates,
  fromMs: number,
  toMs: number,
  random: Random,
): Promise<number> {
  if (toMs - fromMs < GAP_MS_MIN) return 0;
  let written = 0;
  for (let start = fromMs; start < toMs; start += CHUNK_MS) {
    const end = Math.min(start + CHUNK_MS, toMs);
    const web = instants(rates.webPerSecond, start, end, random);
    const pos = instants(rates.posPerSecond, start, end, random);
    await writeWebOrders(
      db,
      web.map(() => drawWebOrder(GOOD, random)),
      web,
    );
    await writePosOrders(
      db,
      pos.map(() => drawPosOrder(GOOD, random)),
      pos,
    );
    written += web.length + pos.length;
  }
  return written;
}

function instants(perSecond: number, fromMs: number, toMs: number, random: Random): number[] {
  const count = Math.round((perSecond * (toMs - fromMs)) / 1000);
  return Array.from({ length: count }, () => fromMs + random() * (toMs - fromMs)).sort((a, b) => a - b);
}
