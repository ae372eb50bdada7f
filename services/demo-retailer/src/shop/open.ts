import type { ShopConfig } from '../config.js';
import { databaseNowMs, lastTradeMs, writeHistory } from '../trade/history.js';
import type { Random } from '../trade/random.js';
import { finishPickings } from '../trade/write.js';
import type { ShopDatabase } from './database.js';
import { createReader, createShop, createTables, hasSchema, openTills } from './schema.js';

/**
 * Makes the shop, or fills the pause since it last traded.
 * A new shop is made whole in one transaction: history goes in before the indexes, which is several times faster.
 */
export async function openShop(
  db: ShopDatabase,
  config: ShopConfig,
  random: Random,
): Promise<{ readonly ordersWritten: number }> {
  const created = (await hasSchema(db)) ? 0 : await create(db, config, random);
  // A new shop catches up too: its past took seconds to write.
  const ordersWritten = created + (await catchUp(db, config, random));
  if (config.readerPassword !== null) await createReader(db, config.readerPassword);
  await db.query('ANALYZE');
  return { ordersWritten };
}

async function create(db: ShopDatabase, config: ShopConfig, random: Random): Promise<number> {
  return db.transact(async (tx) => {
    const indexes = await createTables(tx);
    await createShop(tx);
    const nowMs = await databaseNowMs(tx);
    const fromMs = nowMs - config.historyMinutes * 60_000;
    await openTills(tx, fromMs);
    const written = await writeHistory(tx, config.rates, fromMs, nowMs, random);
    for (const index of indexes) await tx.query(index);
    return written;
  });
}

async function catchUp(db: ShopDatabase, config: ShopConfig, random: Random): Promise<number> {
  const nowMs = await databaseNowMs(db);
  const earliestMs = nowMs - config.historyMinutes * 60_000;
  const lastMs = (await lastTradeMs(db)) ?? earliestMs;
  await openTills(db, null);
  const written = await writeHistory(db, config.rates, Math.max(lastMs, earliestMs), nowMs, random);
  await finishPickings(db, 'planned');
  return written;
}
