import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceModule } from '@parapet/nest';
import { CONFIG, type GuardrailEvaluationConfig } from './config.js';
import { Book, Evaluation, World } from './evaluation.js';
import { FactsController } from './facts.controller.js';

/** guardrail-evaluation on one page: signals and facts in, verdicts out. */
@Module({})
export class AppModule {
  static register(config: GuardrailEvaluationConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [ServiceModule.register({ service: 'guardrail-evaluation', config, redis: true, relay: true })],
      controllers: [FactsController],
      providers: [{ provide: CONFIG, useValue: config }, Book, World, Evaluation],
    };
  }
}
