import { fileURLToPath } from 'node:url';
import { runMain, startService } from '@parapet/nest';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';
import { ConsoleFiles } from './console/console-files.js';
import { DECISIONS_CONSUMER } from './decisions/decision-loop.js';

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console-web/dist', import.meta.url));

runMain(async () => {
  const config = readConfig();
  const module = AppModule.of(config, ConsoleFiles.read(CONSOLE_FOLDER));
  await startService(module, { service: 'release-control', config, consumer: DECISIONS_CONSUMER, rawPaths: [] });
});
