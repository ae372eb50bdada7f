import type { Metrics } from '@parapet/telemetry';
import type { CursorKey } from './cursors.js';
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
    behind: (key, ms) => metrics.set('parapet_probe_behind_seconds', labelsOf(key), ms / 1000),
  };
}

function labelsOf({ tenant, workload, probe, kpi }: CursorKey): { tenant: string; probe: string; kpi: string } {
  return { tenant, probe: `${workload}/${probe}`, kpi };
}
