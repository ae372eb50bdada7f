import { fileURLToPath } from 'node:url';
import { cruiseOptions, layerRules } from './tools/boundaries.mjs';

export default {
  forbidden: layerRules(fileURLToPath(new URL('.', import.meta.url))),
  options: cruiseOptions,
};
