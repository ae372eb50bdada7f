import { type RunningService, startService } from '@parapet/nest';
import { AppModule, DOORS } from './app.module.js';
import type { IngestionConfig } from './config.js';
import { Intake } from './door/intake.js';
import { openDoors } from './door/routes.js';

/** Starts metrics-ingestion. */
export function startIngestion(config: IngestionConfig): Promise<RunningService> {
  return startService(AppModule.register(config), {
    service: 'metrics-ingestion',
    config,
    tls: config.tls,
    prepare: (app) => openDoors(app, DOORS, app.get(Intake, { strict: false })),
  });
}
