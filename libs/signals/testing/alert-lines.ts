import type { AlertSource } from '../src/alert-sources.js';
import { hear, passTime } from '../src/alerts.js';
import { type AlertsState, NO_ALERTS } from '../src/alerts-state.js';
import { settle } from '../src/settlement.js';
import type { AlertStatement } from '../src/statement.js';

/** Alerts in lines, for tests: seconds everywhere; a line is one message or the passing of time, and what must follow from all of them. */

export const PLAIN: AlertSource = {
  name: 'am',
  heartbeat: null,
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
};
export const GUARDED: AlertSource = {
  ...PLAIN,
  heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
};
export const LEASE = 3 * 120 + 15;

export interface Line {
  readonly at: number;
  readonly firing?: readonly string[];
  readonly resolved?: readonly string[];
  /** Start, and end of the resolved ones; the arrival unless given. */
  readonly starts?: number;
  readonly ends?: number;
  readonly cut?: number;
  readonly group?: string;
  readonly sender?: string;
  readonly beat?: 'firing' | 'resolved';
  readonly digest?: string;
  readonly part?: readonly [part: number, parts: number];
  readonly source?: AlertSource;
  /** A person's word on an episode of `a`. */
  readonly settled?: readonly [as: 'resolved' | 'firing', episode: number];
}

export function statement(fingerprint: string, status: 'firing' | 'resolved', line: Line): AlertStatement {
  const labels: Record<string, string> =
    fingerprint === 'beat' ? { alertname: 'Watchdog', severity: 'none' } : { alertname: fingerprint };
  return {
    status,
    fingerprint,
    labels,
    annotations: {},
    startsAtMs: line.starts === undefined ? null : line.starts * 1000,
    endsAtMs: line.ends === undefined ? null : line.ends * 1000,
    generatorUrl: null,
    isContradicted: false,
  };
}

export function play(lines: readonly Line[], source: AlertSource) {
  const story: string[] = [];
  const said: string[] = [];
  let state: AlertsState = NO_ALERTS;
  for (const line of lines) {
    const by = line.source ?? source;
    const sources = [...new Set([source, ...lines.flatMap((l) => (l.source === undefined ? [] : [l.source]))])];
    if (line.settled !== undefined) {
      const [as, episode] = line.settled;
      const word = { source: by.name, fingerprint: 'a', episode, as, by: 'on-call', reason: 'looked at the tills' };
      const { refusal, ...step } = settle(state, sources, word, line.at * 1000, ['a-release']);
      if (refusal !== null) said.push([line.at, 'refused', ...Object.values(refusal)].join(' '));
      for (const c of step.changes) story.push(`${c.atMs / 1000} ${c.fingerprint}#${c.number} ${c.from ?? ''}>${c.to}`);
      state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
      continue;
    }
    const isMessage =
      line.firing !== undefined || line.resolved !== undefined || line.beat !== undefined || line.cut !== undefined;
    const step = !isMessage
      ? passTime(state, sources, line.at * 1000, ['a-release'])
      : hear(
          state,
          sources,
          by,
          {
            receipt: line.part === undefined ? `rcp_${line.at}` : 'rcp_parts',
            part: line.part?.[0] ?? 1,
            parts: line.part?.[1] ?? 1,
            receivedAtMs: line.at * 1000,
            batch: {
              groupKey: line.beat === undefined ? (line.group ?? 'g') : 'beats',
              receiver: 'r',
              externalUrl: line.sender ?? 'replica-1',
              truncatedAlerts: line.cut ?? 0,
              digest: line.digest ?? JSON.stringify([line.firing, line.resolved, line.starts]),
              statements: [
                ...(line.firing ?? []).map((f) => statement(f, 'firing', line)),
                ...(line.resolved ?? []).map((f) => statement(f, 'resolved', line)),
                ...(line.beat === undefined ? [] : [statement('beat', line.beat, line)]),
              ],
            },
          },
          ['a-release'],
        );
    for (const c of step.changes) story.push(`${c.atMs / 1000} ${c.fingerprint}#${c.number} ${c.from ?? ''}>${c.to}`);
    for (const e of step.events) said.push(`${line.at} ${e.type}${e.type === 'SourceRefused' ? ` ${e.reason}` : ''}`);
    state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
  }
  return { story, said, state };
}

/** Heartbeats every 30 s over a span. */
export function beats(from: number, to: number): Line[] {
  const lines: Line[] = [];
  for (let at = from; at <= to; at += 30) lines.push({ at, beat: 'firing' });
  return lines;
}

export function ordered(...lines: readonly (Line | readonly Line[])[]): Line[] {
  return lines.flat().sort((a, b) => (a as Line).at - (b as Line).at) as Line[];
}
