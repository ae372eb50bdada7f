import { type AlertMessage, readWebhook } from '../alerts/message.js';
import { optionalText } from '../alerts/alert.js';
import { Field } from '../door/field.js';
import type { OutsideDocument } from '../door/json.js';

const LINK_BYTES_MAX = 16 * 1024;
const VALUES_MAX = 128;
/** Shown to people; nothing of them is ever fetched by us. */
const LINKS = ['silenceURL', 'dashboardURL', 'panelURL', 'imageURL'] as const;

/** Reads a webhook body of Grafana's alerting (interfaces 5); throws Refused with the first bad value. */
export function readMessage(document: OutsideDocument): AlertMessage {
  const message = readWebhook(document, { versions: ['1'], annotationsOf });
  const orgId = new Field(document.value).member('orgId');
  // Two organisations of one Grafana have the same address, and may have groups of the same name.
  return orgId.isAbsent ? message : { ...message, groupKey: `org ${orgId.whole()} ${message.groupKey}` };
}

/** What Grafana says of an alert beyond Alertmanager, as texts: the values of its queries, and where to look. */
function annotationsOf(alert: Field): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = Object.create(null);
  const values = alert.member('values');
  if (!values.isAbsent) {
    const text = readValues(values);
    if (text !== '') annotations['values'] = text;
  }
  for (const name of LINKS) {
    const link = optionalText(alert.member(name), LINK_BYTES_MAX);
    if (link !== '') annotations[name] = link;
  }
  return annotations;
}

function readValues(values: Field): string {
  const names = Object.keys(values.map()).sort();
  if (names.length > VALUES_MAX) values.refuse(`must hold at most ${VALUES_MAX} members, not ${names.length}`);
  return names
    .map((name) => {
      const { value } = values.member(name);
      // Null stands for a query without a result.
      if (value !== null && typeof value !== 'number') values.member(name).refuse('must be a number');
      return `${name}=${String(value)}`;
    })
    .join(', ');
}
