import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CONFIG, type ShopConfig } from './config.js';
import { DeployController } from './deployments/deploy.controller.js';
import { Deployments } from './deployments/deployments.js';
import { DeploymentsController } from './deployments/deployments.controller.js';
import { EndpointFaults } from './deployments/faults.js';
import { HealthController } from './health.controller.js';
import { ShopMetrics } from './metrics.js';
import { ProblemFilter } from './problem.js';
import { ShopDatabase } from './shop/database.js';
import type { Random } from './trade/random.js';
import { RANDOM, Trading } from './trade/trading.js';

/** The shop's wiring on one page. */
@Module({})
export class AppModule {
  static of(config: ShopConfig, db: ShopDatabase, random: Random): DynamicModule {
    return {
      module: AppModule,
      controllers: [HealthController, DeploymentsController, DeployController],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: ShopDatabase, useValue: db },
        { provide: RANDOM, useValue: random },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ShopMetrics,
        EndpointFaults,
        Deployments,
        Trading,
      ],
    };
  }
}
