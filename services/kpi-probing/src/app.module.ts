import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceModule } from '@parapet/nest';
import type { KpiProbingConfig } from './config.js';
import { ProbePorts, Probes } from './probes.js';

/** kpi-probing on one page: configuration in, samples out. */
@Module({})
export class AppModule {
  static register(config: KpiProbingConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [ServiceModule.register({ service: 'kpi-probing', config })],
      providers: [ProbePorts, Probes],
    };
  }
}
