import type { InstantMs } from '@parapet/kernel';
import type { AlertStatement } from '@parapet/signals';
import { type Field, isLongerAsJson } from '../door/field.js';
import type { OutsideDocument } from '../door/json.js';
import { fitAnnotations } from './annotations.js';
import { fingerprintOf } from './fingerprint.js';

const KIB = 1024;
/** Alerts in one message. */
export const ALERTS_MAX = 10_000;
const LABELS_MAX = { count: 128, nameBytes: 256, valueBytes: 4 * KIB } as const;
/** All labels of one alert as JSON: with its annotations it has to fit one part of 512 KiB. */
const LABELS_BYTES_MAX = 160 * KIB;
const FINGERPRINT_BYTES_MAX = 128;
const LINK_BYTES_MAX = 16 * KIB;
/** Members that stand elsewhere again, with limits, or are cut. */
export const ANY_TEXTS = { count: Infinity, nameBytes: Infinity, valueBytes: Infinity } as const;

/** What every sender says of an alert in the same way; its status is left to the door. */
export interface ReadAlert extends Omit<AlertStatement, 'status' | 'isLease'> {
  readonly startsAtMs: InstantMs | null;
}

/** Reads what is alike in the alerts of all senders; `more` are annotations of the door's own, which the sender's go before. */
export function readAlert(
  alert: Field,
  document: OutsideDocument,
  more: Readonly<Record<string, string>> = {},
): ReadAlert {
  const labels = readLabels(alert.member('labels'));
  const said = alert.member('annotations');
  const ownTexts = said.isAbsent ? NO_TEXTS : said.texts(ANY_TEXTS);
  const { annotations, isCut } = fitAnnotations({ ...more, ...ownTexts });
  const fingerprint = optionalText(alert.member('fingerprint'), FINGERPRINT_BYTES_MAX);
  const isAltered = isCut || document.isAltered(alert.value as object);
  return {
    fingerprint: fingerprint === '' ? fingerprintOf(labels) : fingerprint,
    labels,
    annotations,
    startsAtMs: alert.member('startsAt').instantIfSet(),
    endsAtMs: alert.member('endsAt').instantIfSet(),
    generatorUrl: optionalText(alert.member('generatorURL'), LINK_BYTES_MAX) || null,
    isContradicted: false,
    ...(isAltered ? { isAltered } : {}),
  };
}

const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

function readLabels(field: Field): Readonly<Record<string, string>> {
  const labels = field.texts(LABELS_MAX);
  if (isLongerAsJson(labels, LABELS_BYTES_MAX)) field.refuse(`must take at most ${LABELS_BYTES_MAX} bytes together`);
  return labels;
}

/** A text; the empty one where it is absent. */
export function optionalText(field: Field, bytesMax: number): string {
  return field.isAbsent ? '' : field.text(bytesMax);
}
