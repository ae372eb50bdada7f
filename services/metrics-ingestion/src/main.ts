import 'reflect-metadata';
import { runMain } from '@parapet/nest';
import { readConfig } from './config.js';
import { startIngestion } from './start.js';

runMain(async () => startIngestion(readConfig()));
