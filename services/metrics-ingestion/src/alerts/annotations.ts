import { isLonger, isLongerAsJson } from '../door/field.js';

const KIB = 1024;
const ANNOTATION_BYTES_MAX = 64 * KIB;
/** All annotations of one alert as JSON: with its labels they have to fit one part of 512 KiB. */
const TOGETHER_BYTES_MAX = 224 * KIB;
const CUT = '… [cut]';

/** Cuts annotations that are too long, one by one and then together. The short ones go first: `value` and `limit` are among them. */
export function fitAnnotations(said: Readonly<Record<string, string>>): {
  readonly annotations: Readonly<Record<string, string>>;
  readonly isCut: boolean;
} {
  if (!isLongerAsJson(said, ANNOTATION_BYTES_MAX)) return { annotations: said, isCut: false };
  const annotations: Record<string, string> = Object.create(null);
  let isCut = false;
  let left = TOGETHER_BYTES_MAX;
  const bySize = Object.entries(said).sort(([, a], [, b]) => a.length - b.length);
  for (const [name, text] of bySize) {
    const short = isLonger(text, ANNOTATION_BYTES_MAX) ? cut(text, ANNOTATION_BYTES_MAX) : text;
    const bytes = Buffer.byteLength(JSON.stringify([name, short]));
    isCut ||= short !== text || bytes > left;
    if (bytes > left) continue;
    annotations[name] = short;
    left -= bytes;
  }
  return { annotations, isCut };
}

function cut(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text).subarray(0, bytesMax - Buffer.byteLength(CUT));
  // A character cut in two at the end becomes nothing, not U+FFFD.
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })}${CUT}`;
}
