import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { ShopConfig } from './config.js';
import { Deployments } from './deployments/deployments.js';
import { ShopDatabase } from './shop/database.js';
import { openShop } from './shop/open.js';
import { seededRandom } from './trade/random.js';

/** A shop that trades. */
export interface Shop {
  readonly url: string;
  stop(): Promise<void>;
}

/** Opens the shop: tables, history, doors, trade. */
export async function startShop(config: ShopConfig): Promise<Shop> {
  const log = new Logger('shop');
  const db = ShopDatabase.connect(config.databaseUrl);
  const random = seededRandom(config.seed ?? Date.now());
  try {
    const began = performance.now();
    const { ordersWritten } = await openShop(db, config, random);
    log.log(`${ordersWritten} orders of the past written in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.of(config, db, random),
      new FastifyAdapter({ bodyLimit: 64 * 1024 }),
      {
        rawBody: true,
        logger: ['log', 'warn', 'error'],
      },
    );
    await app.get(Deployments).openShop(config.version);
    await app.listen(config.port, config.host);
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    log.log(`trading at ${url}`);
    return {
      url,
      stop: async () => {
        await app.close();
        await db.end();
      },
    };
  } catch (error) {
    await db.end();
    throw error;
  }
}
