// Bodies as an Alertmanager sends them in a storm: twenty alerts of one group, each message new.

const GROUPS = 150;
const ALERTS = 20;
/** Stands in every body twenty times and is overwritten in place: a new time makes a new message. */
const TIME = '2026-11-27T00:00:00.000Z';

/**
 * Makes bodies without end. They share their bytes from group to group: send one before asking for as many as there are groups.
 * @returns {{ next(): Buffer; readonly records: number }}
 */
export function webhooks() {
  const bodies = Array.from({ length: GROUPS }, (_, group) => {
    const body = Buffer.from(JSON.stringify(webhook(group)));
    const places = [];
    for (let at = body.indexOf(TIME); at !== -1; at = body.indexOf(TIME, at + 1)) places.push(at);
    return { body, places };
  });
  let sent = 0;
  return {
    records: ALERTS,
    next() {
      const { body, places } = /** @type {(typeof bodies)[number]} */ (bodies[sent % GROUPS]);
      const time = new Date(Date.parse(TIME) + sent++).toISOString();
      for (const at of places) body.write(time, at);
      return body;
    },
  };
}

/** @param {number} group */
function webhook(group) {
  const store = `store-${group}`;
  const alerts = Array.from({ length: ALERTS }, (_, i) => ({
    status: 'firing',
    labels: {
      alertname: 'PosSyncErrorsHigh',
      environment: 'production',
      service: 'odoo-pos',
      store,
      till: `till-${i}`,
      instance: `odoo-pos-${group}-${i}.example.test:8069`,
      job: 'odoo-pos',
      severity: 'critical',
      guardrail: 'pos-sync',
    },
    annotations: {
      summary: `Till ${i} of ${store} has lost its synchronisation`,
      value: '0.137',
      limit: '0.06',
      runbook_url: 'https://runbooks.example.test/pos-sync',
    },
    startsAt: TIME,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'https://prometheus.example.test/graph?g0.expr=pos_sync_errors',
    fingerprint: (group * ALERTS + i).toString(16).padStart(16, '0'),
  }));
  return {
    version: '4',
    groupKey: `{}/{guardrail=~".+"}:{environment="production", service="odoo-pos", store="${store}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'release-guardrail',
    groupLabels: { environment: 'production', service: 'odoo-pos', store },
    commonLabels: { environment: 'production', service: 'odoo-pos', store, severity: 'critical' },
    commonAnnotations: {},
    externalURL: 'https://alertmanager.example.test',
    alerts,
  };
}
