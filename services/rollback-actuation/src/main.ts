import { runMain, startService } from '@parapet/nest';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';

runMain(async () => {
  const config = readConfig(process.env);
  await startService(AppModule.of(config), { service: 'rollback-actuation', consumer: 'rollback-actuation', config });
});
