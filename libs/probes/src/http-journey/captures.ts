import { type Answer, jsonOf } from './answer.js';
import type { Capture } from './config.js';
import { valueAtPath } from './json-path.js';

const VALUE_MAX = 8_000;

/** The values that a step keeps for the next ones, or why one of them is not there. */
export function captured(
  captures: readonly Capture[],
  answer: Answer,
): { readonly values: ReadonlyMap<string, string> } | { readonly missing: string } {
  const values = new Map<string, string>();
  for (const capture of captures) {
    const value = valueOf(capture, answer);
    if (value === null) return { missing: `there is no ${capture.name} to keep: ${placeOf(capture)}` };
    if (value.length > VALUE_MAX) return { missing: `${capture.name} is longer than ${VALUE_MAX} characters` };
    values.set(capture.name, value);
  }
  return { values };
}

function valueOf({ header, json, after, before }: Capture, answer: Answer): string | null {
  if (header !== undefined) return textOrNull(answer.headers[header.toLowerCase()]);
  if (json !== undefined) return textOrNull(valueAtPath(jsonOf(answer.body), json));
  const at = answer.body.indexOf(after as string);
  if (at < 0) return null;
  const from = at + (after as string).length;
  const to = answer.body.indexOf(before as string, from);
  return to < 0 ? null : textOrNull(answer.body.slice(from, to));
}

/** An empty value is none: what is sent on would be answered with an odd error two steps later. */
function textOrNull(value: unknown): string | null {
  if (Array.isArray(value)) return textOrNull(value[0]);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function placeOf({ header, json }: Capture): string {
  if (header !== undefined) return `no header ${header}`;
  return json === undefined ? 'the text around it is not in the body' : `no ${json} in the body`;
}
