import { runMain, startService } from '@parapet/nest';
import { AppModule } from './app.module.js';
import { parseConfig } from './config.js';

runMain(async () => {
  const config = parseConfig();
  await startService(AppModule.register(config), {
    service: 'guardrail-evaluation',
    config,
    consumer: 'guardrail-evaluation',
  });
});
