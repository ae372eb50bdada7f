import type { AlertStatement } from '@parapet/signals';
import { Field } from '../door/field.js';
import type { OutsideDocument } from '../door/json.js';
import { ALERTS_MAX, ANY_TEXTS, optionalText, readAlert } from './alert.js';

const KIB = 1024;
const GROUP_KEY_BYTES_MAX = 8 * KIB;
const NAME_BYTES_MAX = 4 * KIB;

/** One message about alerts, as far as it is used. */
export interface AlertMessage {
  readonly groupKey: string;
  readonly receiver: string;
  readonly externalUrl: string;
  readonly truncatedAlerts: number;
  /** As listed: the same alert may stand there twice. */
  readonly alerts: readonly AlertStatement[];
  /** The alerts are no group: each stands for itself. */
  readonly isUngrouped?: boolean;
}

/** How the webhook of one sender differs from another's. */
export interface WebhookFormat {
  /** The values of `version` that are read. */
  readonly versions: readonly string[];
  /** What else it says of an alert that is worth showing, as annotations. */
  readonly annotationsOf?: (alert: Field) => Readonly<Record<string, string>>;
}

/** Reads the webhook body of Alertmanager and of those who copied it (interfaces 3); throws Refused with the first bad value. */
export function readWebhook(document: OutsideDocument, format: WebhookFormat): AlertMessage {
  const message = new Field(document.value);
  message.member('version').oneOf(format.versions);
  const groupKey = message.member('groupKey').text(GROUP_KEY_BYTES_MAX);
  const truncated = message.member('truncatedAlerts');
  const truncatedAlerts = truncated.isAbsent ? 0 : truncated.whole();
  // Neither decides anything: every alert is judged alone. A body without them is not one of these senders', though.
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
    .map((alert) => ({
      status: alert.member('status').oneOf(['firing', 'resolved']),
      ...readAlert(alert, document, format.annotationsOf?.(alert)),
    }));
  return { groupKey, receiver, externalUrl, truncatedAlerts, alerts };
}

/** Alertmanager sends a receiver's name as a regular expression that matches it; this undoes Go's regexp.QuoteMeta. */
export function unescapeReceiver(receiver: string): string {
  return receiver.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1');
}
