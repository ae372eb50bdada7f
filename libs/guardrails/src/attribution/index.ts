export { type Assessment, assess, type Scrutiny, scrutiniesOf, type Symptom } from './assess.js';
export { attributionOf, isWitness, noticed, startAttribution, surround, witness } from './attribution.js';
export { stretchesOf } from './stretches.js';
export type { AttributionState } from './state.js';
