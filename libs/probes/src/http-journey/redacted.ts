import type { Values } from './template.js';

/** A text in which no secret stands, in any of the ways in which it may have been sent. */
export function redacted(text: string, secrets: Values): string {
  return [...secrets.values()]
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
}
