import type { IncomingHttpHeaders } from 'node:http';

/** The last answer of a step, after its redirects. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The body as text, in the character set that it says it has. */
export function textOf(body: Buffer, contentType: string | undefined): string {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // A character set that nobody knows: the parts that are ASCII are still readable.
    return new TextDecoder('utf-8').decode(body);
  }
}

/** A JSON body; undefined where it is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
