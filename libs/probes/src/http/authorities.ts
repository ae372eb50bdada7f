import { readFileSync } from 'node:fs';
import { MeasurementFailed } from '../probe.js';

/** The certificate authorities in a file, as PEM, read anew each time so that they may be exchanged. Throws MeasurementFailed. */
export function authoritiesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MeasurementFailed('refused', `cannot read the certificate authorities in ${file}`, { cause });
  }
}
