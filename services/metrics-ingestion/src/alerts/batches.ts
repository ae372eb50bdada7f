import type { SignalBatch } from '@parapet/contracts';
import type { SignalSource } from '@parapet/policy';
import { type AlertStatement, isHeartbeat } from '@parapet/signals';
import type { Arrival, Sender } from '../door/kind.js';
import type { AlertMessage } from './message.js';

/**
 * The batches of a message, one for each environment of its source.
 * An environment that the message has no alert of gets an empty one: "heard, and left out".
 */
export function batchesOf(
  message: AlertMessage,
  { tenant, source }: Sender,
  { receipt, digest }: Arrival,
): readonly SignalBatch[] {
  const statements = statementsOf(message.alerts);
  const { groupKey, receiver, externalUrl, truncatedAlerts, isUngrouped } = message;
  return source.environments.map((environment) => ({
    receipt,
    part: 1,
    parts: 1,
    tenant,
    environment,
    source: source.name,
    samples: [],
    alerts: {
      groupKey,
      receiver,
      externalUrl,
      truncatedAlerts,
      digest,
      statements: statements.filter((statement) => concerns(environment, statement, source)),
      ...(isUngrouped === true ? { isUngrouped } : {}),
    },
  }));
}

/** The alerts of a message, each once. Where it says both, firing counts and is marked: a doubt is never good news. */
export function statementsOf(alerts: readonly AlertStatement[]): readonly AlertStatement[] {
  const once = new Map<string, AlertStatement>();
  for (const alert of alerts) {
    const earlier = once.get(alert.fingerprint);
    if (earlier === undefined) once.set(alert.fingerprint, alert);
    else if (earlier.status !== alert.status) {
      once.set(alert.fingerprint, { ...(earlier.status === 'firing' ? earlier : alert), isContradicted: true });
    }
  }
  return [...once.values()];
}

function concerns(environment: string, statement: AlertStatement, source: SignalSource): boolean {
  if (isHeartbeat(source.heartbeat, statement.labels)) return true;
  const named = statement.labels['environment'];
  const isDeclared = named !== undefined && source.environments.includes(named);
  return environment === (isDeclared ? named : source.environments[0]);
}
