import { type FailureReason, MeasurementFailed } from '../probe.js';

/** What Odoo says of a call that failed, in both of its dialects. */
export interface OdooError {
  /** The class of the exception: decides. Codes differ between versions and never do. */
  readonly name: string;
  readonly message: string;
}

const REASONS: readonly (readonly [RegExp, FailureReason])[] = [
  [/\.AccessDenied$|\.AccessError$|\.Unauthorized$|\.Forbidden$/, 'refused'],
  [/^psycopg2\./, 'unreachable'],
  [/^werkzeug\.exceptions\.(NotFound|UnprocessableEntity)$/, 'missing'],
];
/** A model or a field that this shop does not have; Odoo has no class of its own for it. */
const UNKNOWN_NAME = /Object \S+ doesn't exist|Invalid field|the model '\S+' does not exist/;
const TEXT_MAX = 300;

/**
 * Translates an error of Odoo into why there is no number. Its stack trace (`debug`) is neither kept nor shown: it holds paths and
 * sometimes data.
 */
export function failureOf({ name, message }: OdooError, what: string): MeasurementFailed {
  const [line = ''] = message.trim().split('\n');
  const text = line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}…` : line;
  const reason = UNKNOWN_NAME.test(message)
    ? 'missing'
    : (REASONS.find(([names]) => names.test(name))?.[1] ?? 'defect');
  return new MeasurementFailed(reason, `${what}: ${text === '' ? name : text}`);
}

/** Why an HTTP status is no answer of Odoo's; null where it may be one. */
export function statusFailure(status: number, what: string): MeasurementFailed | null {
  if (status === 200) return null;
  if (status === 429 || (status >= 502 && status <= 504)) {
    return new MeasurementFailed('unreachable', `${what}: the server answered ${status}`);
  }
  if (status >= 300 && status < 400) {
    return new MeasurementFailed('bad-answer', `${what}: it leads elsewhere (${status}): give the address itself`);
  }
  const reason: FailureReason = status === 401 || status === 403 ? 'refused' : status === 404 ? 'bad-answer' : 'defect';
  return new MeasurementFailed(reason, `${what}: the server answered ${status}`);
}
