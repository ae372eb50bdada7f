import { type Answer, jsonOf } from './answer.js';
import type { Expectation } from './config.js';
import { valueAtPath } from './json-path.js';
import { redacted } from './redacted.js';
import type { Values } from './template.js';

const SHOWN_MAX = 60;

/** Why an answer is not what the step expects, without any of the secrets; null where it is. */
export function shortfall(expected: Expectation, answer: Answer, secrets: Values): string | null {
  return (
    statusShortfall(expected, answer) ??
    textShortfall(expected, answer, secrets) ??
    jsonShortfall(expected, answer, secrets)
  );
}

function statusShortfall({ status }: Expectation, answer: Answer): string | null {
  const isFine = status === undefined ? answer.status >= 200 && answer.status < 300 : status.includes(answer.status);
  if (isFine) return null;
  return `answered ${answer.status}, expected ${status === undefined ? '200 to 299' : status.join(' or ')}`;
}

function textShortfall({ text, notText }: Expectation, { body }: Answer, secrets: Values): string | null {
  const missing = text.find((one) => !body.includes(one));
  if (missing !== undefined) return `the body does not hold ${shown(missing, secrets)}`;
  const unwanted = notText.find((one) => body.includes(one));
  return unwanted === undefined ? null : `the body holds ${shown(unwanted, secrets)}`;
}

function jsonShortfall({ json }: Expectation, { body }: Answer, secrets: Values): string | null {
  if (json.length === 0) return null;
  const document = jsonOf(body);
  if (document === undefined) return 'the body is not JSON';
  for (const { path, equals } of json) {
    const found = valueAtPath(document, path);
    if (found === undefined) return `the body has no ${path}`;
    if (equals !== undefined && found !== equals)
      return `${path} is ${shown(found, secrets)}, expected ${shown(equals, secrets)}`;
  }
  return null;
}

function shown(value: unknown, secrets: Values): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a map';
  // Before anything is cut off: the beginning of a secret is none that would be found again.
  const text = redacted(JSON.stringify(value), secrets);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
