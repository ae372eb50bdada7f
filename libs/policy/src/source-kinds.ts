/** Kinds of sources that say which alerts fire. */
export const ALERT_KINDS = ['alertmanager', 'prometheus', 'grafana'] as const;

/** Kinds of sources that send samples of declared signals. */
export const SAMPLE_KINDS = ['samples', 'remote-write', 'otlp'] as const;

/** The kind of source that sends nothing and is asked. */
export const ASKED_KIND = 'prometheus-query';

export type SourceKind = (typeof ALERT_KINDS)[number] | (typeof SAMPLE_KINDS)[number] | typeof ASKED_KIND;

/** Whether a source says which alerts fire; all others give samples. */
export function sendsAlerts({ kind }: { readonly kind: SourceKind }): boolean {
  return (ALERT_KINDS as readonly string[]).includes(kind);
}
