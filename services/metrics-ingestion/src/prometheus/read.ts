import type { InstantMs } from '@parapet/kernel';
import { type AlertStatement, pushedStatus } from '@parapet/signals';
import { ALERTS_MAX, readAlert } from '../alerts/alert.js';
import { fingerprintOf } from '../alerts/fingerprint.js';
import type { AlertMessage } from '../alerts/message.js';
import { Field } from '../door/field.js';
import type { OutsideDocument } from '../door/json.js';

/** Reads what a Prometheus pushes to an Alertmanager (interfaces 4); throws Refused with the first bad value. */
export function readPush(document: OutsideDocument, nowMs: InstantMs): AlertMessage {
  const alerts = new Field(document.value)
    .items(ALERTS_MAX, 'alerts')
    .map((alert) => readPushed(alert, document, nowMs));
  const externalUrl = senderOf(alerts[0]?.generatorUrl ?? null);
  return { groupKey: '', receiver: '', externalUrl, truncatedAlerts: 0, alerts, isUngrouped: true };
}

function readPushed(alert: Field, document: OutsideDocument, nowMs: InstantMs): AlertStatement {
  const read = readAlert(alert, document);
  const labels = withoutEmpty(read.labels);
  return {
    ...read,
    // Whether the lease has ended is decided by the stream's clock; this is what it looks like from here.
    status: pushedStatus(read.endsAtMs, nowMs),
    fingerprint: fingerprintOf(labels),
    labels,
    isLease: true,
  };
}

/** An empty label is no label to Alertmanager, and must not make another fingerprint here than there. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const filled = Object.entries(labels).filter(([, value]) => value !== '');
  if (filled.length === Object.keys(labels).length) return labels;
  const kept: Record<string, string> = Object.create(null);
  for (const [name, value] of filled) kept[name] = value;
  return kept;
}

const GRAPH = /^(https?:\/\/[^\s?#]*?)\/graph(?:[?#]|$)/;

/** A push does not say who sends it, but each alert links to the page of the Prometheus that made it; empty where it does not. */
export function senderOf(generatorUrl: string | null): string {
  return GRAPH.exec(generatorUrl ?? '')?.[1] ?? '';
}
