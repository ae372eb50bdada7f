import type { Metrics } from '@parapet/telemetry';
import type { CircuitChanged } from './breakers.js';
import type { CursorKey } from './cursors.js';
import type { LoopLog } from './loop.js';
import type { Costs } from './round.js';

/** What measuring costs its targets, on the metrics page. */
export function costsOn(metrics: Metrics): Costs {
  return {
    measured: (key, { ms, rows, windows, truncated }) => {
      const labels = labelsOf(key);
      metrics.count('parapet_probe_runs_total', { ...labels, outcome: 'measured' });
      metrics.observe('parapet_probe_seconds', labels, ms / 1000);
      metrics.count('parapet_probe_rows_total', labels, rows);
      metrics.count('parapet_probe_windows_total', { ...labels, outcome: 'measured' }, windows - truncated);
      metrics.count('parapet_probe_windows_total', { ...labels, outcome: 'truncated' }, truncated);
    },
    failed: (key, reason, ms) => {
      const labels = labelsOf(key);
      metrics.count('parapet_probe_runs_total', { ...labels, outcome: reason });
      metrics.observe('parapet_probe_seconds', labels, ms / 1000);
    },
    leftAlone: (key) => metrics.count('parapet_probe_runs_total', { ...labelsOf(key), outcome: 'circuit-open' }),
    behind: (key, ms) => metrics.set('parapet_probe_behind_seconds', labelsOf(key), ms / 1000),
  };
}

/** Tells of circuits that open and close, on the metrics page and in the log. */
export function circuitsOn(metrics: Metrics, log: LoopLog): CircuitChanged {
  return (target, to, openMs) => {
    metrics.set('parapet_probe_circuit_open', { target }, to === 'open' ? 1 : 0);
    metrics.count('parapet_probe_circuit_changes_total', { target, to });
    if (to === 'open') log.warn('a target failed so often in a row that it is left alone', { target, openMs });
    else log.info('a target answers again', { target });
  };
}

function labelsOf({ tenant, workload, probe, kpi }: CursorKey): { tenant: string; probe: string; kpi: string } {
  return { tenant, probe: `${workload}/${probe}`, kpi };
}
