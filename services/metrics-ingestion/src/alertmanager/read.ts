import type { AlertStatement } from '@parapet/signals';
import { Field } from '../door/field.js';
import type { OutsideDocument } from '../door/json.js';
import { fitAnnotations } from './annotations.js';
import { fingerprintOf } from './fingerprint.js';

const ALERTS_MAX = 10_000;
const KIB = 1024;
const LABELS_MAX = { count: 128, nameBytes: 256, valueBytes: 4 * KIB } as const;
/** All labels of one alert as JSON: with its annotations it has to fit one part of 512 KiB. */
const LABELS_BYTES_MAX = 160 * KIB;
const GROUP_KEY_BYTES_MAX = 8 * KIB;
const NAME_BYTES_MAX = 4 * KIB;
const FINGERPRINT_BYTES_MAX = 128;
const LINK_BYTES_MAX = 16 * KIB;

/** One message of Alertmanager (or Grafana), as far as it is used. */
export interface AlertMessage {
  readonly groupKey: string;
  readonly receiver: string;
  readonly externalUrl: string;
  readonly truncatedAlerts: number;
  /** As listed: the same alert may stand there twice. */
  readonly alerts: readonly AlertStatement[];
}

/** Reads a webhook body of format 4 (Alertmanager) or 1 (Grafana); throws Refused with the first bad value. */
export function readMessage(document: OutsideDocument): AlertMessage {
  const message = new Field(document.value);
  message.member('version').oneOf(['4', '1']);
  const groupKey = message.member('groupKey').text(GROUP_KEY_BYTES_MAX);
  const truncated = message.member('truncatedAlerts');
  const truncatedAlerts = truncated.isAbsent ? 0 : truncated.whole();
  // Neither decides anything: every alert is judged alone. A body without them is not one of Alertmanager's, though.
  message.member('status').text(NAME_BYTES_MAX);
  const receiver = unescapeReceiver(message.member('receiver').text(NAME_BYTES_MAX));
  const externalUrl = optionalText(message.member('externalURL'), NAME_BYTES_MAX);
  for (const name of ['groupLabels', 'commonLabels', 'commonAnnotations']) {
    const kept = message.member(name);
    if (!kept.isAbsent) kept.texts(ANY_TEXTS);
  }
  const alerts = message
    .member('alerts')
    .items(ALERTS_MAX, 'alerts')
    .map((alert) => readAlert(alert, document));
  return { groupKey, receiver, externalUrl, truncatedAlerts, alerts };
}

/** Their members stand in every alert again, with limits. */
const ANY_TEXTS = { count: Infinity, nameBytes: Infinity, valueBytes: Infinity } as const;

function readAlert(alert: Field, document: OutsideDocument): AlertStatement {
  const status = alert.member('status').oneOf(['firing', 'resolved']);
  const labels = alert.member('labels').texts(LABELS_MAX);
  if (Buffer.byteLength(JSON.stringify(labels)) > LABELS_BYTES_MAX) {
    alert.member('labels').refuse(`must take at most ${LABELS_BYTES_MAX} bytes together`);
  }
  const said = alert.member('annotations');
  const { annotations, isCut } = fitAnnotations(said.isAbsent ? NO_TEXTS : said.texts(ANY_TEXTS));
  const fingerprint = optionalText(alert.member('fingerprint'), FINGERPRINT_BYTES_MAX);
  const link = alert.member('generatorURL');
  const isAltered = isCut || document.isAltered(alert.value as object);
  return {
    status,
    fingerprint: fingerprint === '' ? fingerprintOf(labels) : fingerprint,
    labels,
    annotations,
    startsAtMs: alert.member('startsAt').instantIfSet(),
    endsAtMs: alert.member('endsAt').instantIfSet(),
    generatorUrl: optionalText(link, LINK_BYTES_MAX) || null,
    isContradicted: false,
    ...(isAltered ? { isAltered } : {}),
  };
}

const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

function optionalText(field: Field, bytesMax: number): string {
  return field.isAbsent ? '' : field.text(bytesMax);
}

/** Alertmanager sends a receiver's name as a regular expression that matches it; this undoes Go's regexp.QuoteMeta. */
export function unescapeReceiver(receiver: string): string {
  return receiver.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1');
}
