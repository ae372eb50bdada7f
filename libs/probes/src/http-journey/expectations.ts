import { type Answer, jsonOf } from './answer.js';
import type { Expectation } from './config.js';
import { valueAtPath } from './json-path.js';

const SHOWN_MAX = 60;

/** Why an answer is not what the step expects; null where it is. */
export function shortfall(expected: Expectation, answer: Answer): string | null {
  return statusShortfall(expected, answer) ?? textShortfall(expected, answer) ?? jsonShortfall(expected, answer);
}

function statusShortfall({ status }: Expectation, answer: Answer): string | null {
  const isFine = status === undefined ? answer.status >= 200 && answer.status < 300 : status.includes(answer.status);
  if (isFine) return null;
  return `answered ${answer.status}, expected ${status === undefined ? '200 to 299' : status.join(' or ')}`;
}

function textShortfall({ text, notText }: Expectation, { body }: Answer): string | null {
  const missing = text.find((one) => !body.includes(one));
  if (missing !== undefined) return `the body does not hold ${shown(missing)}`;
  const unwanted = notText.find((one) => body.includes(one));
  return unwanted === undefined ? null : `the body holds ${shown(unwanted)}`;
}

function jsonShortfall({ json }: Expectation, { body }: Answer): string | null {
  if (json.length === 0) return null;
  const document = jsonOf(body);
  if (document === undefined) return 'the body is not JSON';
  for (const { path, equals } of json) {
    const found = valueAtPath(document, path);
    if (found === undefined) return `the body has no ${path}`;
    if (equals !== undefined && found !== equals) return `${path} is ${shown(found)}, expected ${shown(equals)}`;
  }
  return null;
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a map';
  const text = JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
