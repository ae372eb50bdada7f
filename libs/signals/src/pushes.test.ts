import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseInstant } from '@parapet/kernel';
import fc from 'fast-check';
import type { AlertSource } from './alert-sources.js';
import { hear, passTime } from './alerts.js';
import { type AlertsState, NO_ALERTS } from './alerts-state.js';
import { type AlertStatement, ownLeaseEndMs, pushedStatus, statedAt } from './statement.js';

/** Alerts that a Prometheus pushes: each is a full statement with a lease of its own. Seconds everywhere. */

const PUSHING: AlertSource = {
  name: 'prometheus',
  heartbeat: null,
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
  leaseMs: 240_000,
};

interface Line {
  readonly at: number;
  /** Alerts and until when each says that it fires; null: not said. */
  readonly until?: Readonly<Record<string, number | null>>;
  readonly starts?: number;
  /** What the door's clock made of it, where that is not what the stream's makes of it. */
  readonly doorSaid?: 'firing' | 'resolved';
  readonly source?: AlertSource;
}

function pushed(fingerprint: string, until: number | null, { at, starts, doorSaid }: Line): AlertStatement {
  const endsAtMs = until === null ? null : until * 1000;
  return {
    status: doorSaid ?? pushedStatus(endsAtMs, at * 1000),
    fingerprint,
    labels: { alertname: fingerprint },
    annotations: {},
    startsAtMs: (starts ?? 1) * 1000,
    endsAtMs,
    generatorUrl: null,
    isContradicted: false,
    isLease: true,
  };
}

function play(lines: readonly Line[], source: AlertSource = PUSHING) {
  const story: string[] = [];
  const said: string[] = [];
  let state: AlertsState = NO_ALERTS;
  const sources = [...new Set([source, ...lines.flatMap((line) => line.source ?? [])])];
  for (const line of lines) {
    const heard = {
      receipt: `rcp_${line.at}`,
      part: 1,
      parts: 1,
      receivedAtMs: line.at * 1000,
      batch: {
        groupKey: '',
        receiver: '',
        externalUrl: 'http://prometheus:9090',
        truncatedAlerts: 0,
        digest: JSON.stringify(line),
        statements: Object.entries(line.until ?? {}).map(([name, until]) => pushed(name, until, line)),
        isUngrouped: true,
      },
    };
    const step =
      line.until === undefined
        ? passTime(state, sources, line.at * 1000, [])
        : hear(state, sources, line.source ?? source, heard, []);
    for (const c of step.changes) story.push(`${c.atMs / 1000} ${c.fingerprint}#${c.number} ${c.from ?? ''}>${c.to}`);
    said.push(...step.events.map((event) => `${line.at} ${event.type}`));
    state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
  }
  return { story, said, state };
}

describe('what a push says when it arrives at 100', () => {
  test.each([
    ['no end: firing', null, 'firing', null],
    ['an end ahead: firing until then', 340, 'firing', 340],
    ['an end now', 100, 'firing', 100],
    ['an end that passed on the way', 95.001, 'firing', 95.001],
    ['an end 5 s ago: resolved there', 95, 'resolved', 95],
    ['an end long ago', 1, 'resolved', 1],
    ['an end 15 min ahead', 1000, 'firing', 1000],
    ['an end further ahead: believed for 15 min', 5000, 'firing', 1000],
  ] as const)('%s', (_, ends, status, lease) => {
    const said = statedAt(pushed('a', ends, { at: 100 }), 100_000);
    expect(said.status).toBe(status);
    expect(ownLeaseEndMs(said, 100_000)).toBe(lease === null ? null : lease * 1000);
  });

  test('a statement that is no lease says what it says', () => {
    const { isLease: _, ...grouped } = pushed('a', 1, { at: 100, doorSaid: 'firing' });
    expect(statedAt(grouped, 100_000)).toBe(grouped);
    expect(ownLeaseEndMs(grouped, 100_000)).toBeNull();
  });
});

const RULES: readonly { rule: string; lines: readonly Line[]; story: readonly string[] }[] = [
  {
    rule: 'a lease that is not renewed ends where the sender said',
    lines: [{ at: 1, until: { a: 241 } }, { at: 240 }, { at: 300 }],
    story: ['1 a#1 >firing', '241 a#1 firing>unseen'],
  },
  {
    rule: 'every push renews it',
    lines: [{ at: 1, until: { a: 241 } }, { at: 61, until: { a: 301 } }, { at: 290 }, { at: 301 }],
    story: ['1 a#1 >firing', '301 a#1 firing>unseen'],
  },
  {
    rule: 'without an end the lease is the source’s',
    lines: [{ at: 1, until: { a: null } }, { at: 240 }, { at: 241 }],
    story: ['1 a#1 >firing', '241 a#1 firing>unseen'],
  },
  {
    rule: 'a lease of hours is believed for 15 min',
    lines: [{ at: 1, until: { a: 9999 } }, { at: 900 }, { at: 901 }],
    story: ['1 a#1 >firing', '901 a#1 firing>unseen'],
  },
  {
    rule: 'a push that leaves an alert out says nothing of it: there is no group',
    lines: [{ at: 1, until: { a: 241, b: 241 } }, { at: 31, until: { b: 271 } }, { at: 60 }],
    story: ['1 a#1 >firing', '1 b#1 >firing'],
  },
  {
    rule: 'an end in the past resolves, and its repeats change nothing',
    lines: [
      { at: 1, until: { a: 241 } },
      { at: 61, until: { a: 50 } },
      { at: 121, until: { a: 50 } },
    ],
    story: ['1 a#1 >firing', '61 a#1 firing>resolved'],
  },
  {
    rule: 'fires again: a new start, a new episode',
    lines: [
      { at: 1, until: { a: 241 } },
      { at: 61, until: { a: 50 } },
      { at: 91, until: { a: 331 }, starts: 90 },
    ],
    story: ['1 a#1 >firing', '61 a#1 firing>resolved', '91 a#2 >firing'],
  },
  {
    rule: 'the stream’s clock decides, not the door’s: a door ten minutes ahead resolves nothing',
    lines: [
      { at: 1, until: { a: 241 } },
      { at: 61, until: { a: 301 }, doorSaid: 'resolved' },
    ],
    story: ['1 a#1 >firing'],
  },
  {
    rule: 'nor does one ten minutes behind keep firing what has ended',
    lines: [
      { at: 1, until: { a: 241 } },
      { at: 61, until: { a: 50 }, doorSaid: 'firing' },
    ],
    story: ['1 a#1 >firing', '61 a#1 firing>resolved'],
  },
  {
    rule: 'paired with its Alertmanager it is one witness: one episode',
    lines: [
      { at: 1, until: { a: 241 }, source: { ...PUSHING, pairedWith: 'am' } },
      { at: 6, until: { a: null }, source: { ...PUSHING, name: 'am', pairedWith: 'prometheus' } },
    ],
    story: ['1 a#1 >firing'],
  },
];

test.each(RULES)('$rule', ({ lines, story }) => {
  const played = play(lines, lines[0]?.source ?? PUSHING);
  expect(played.story).toEqual(story);
  expect(played.said).toEqual([]);
});

describe('a pair of which one has no heartbeat', () => {
  const alertmanager: AlertSource = {
    ...PUSHING,
    name: 'am',
    pairedWith: 'prometheus',
    heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
  };
  const pushing = { ...PUSHING, pairedWith: 'am' };
  const beats = (from: number, to: number): Line[] => {
    const lines: Line[] = [];
    for (let at = from; at <= to; at += 30) lines.push({ at, until: { Watchdog: null }, source: alertmanager });
    return lines;
  };
  const opened: Line = { at: 100, until: { a: 340 }, starts: 100, source: pushing };
  const ended: Line = { at: 160, until: { a: 150 }, starts: 100, source: alertmanager };

  test('an end that the other says is doubted by the heartbeat of who says it', () => {
    const silent = play([...beats(0, 90), opened, ended, { at: 500 }], pushing);
    expect(silent.story).toEqual(['100 a#1 >firing', '160 a#1 firing>unconfirmed']);
  });

  test('and believed where that is in order', () => {
    const lines = [...beats(0, 240), opened, ended].sort((a, b) => a.at - b.at);
    expect(play(lines, pushing).story).toEqual([
      '100 a#1 >firing',
      '160 a#1 firing>unconfirmed',
      '210 a#1 unconfirmed>resolved',
    ]);
  });
});

test('a lease that ends is no reason to refuse a sender that repeats in no interval', () => {
  const { said } = play([{ at: 1, until: { a: 241 } }, { at: 100, until: { b: 340 } }, { at: 700 }]);
  expect(said).toEqual([]);
});

test('whatever is pushed and however late it is looked at, nothing fires beyond 15 min without a word', () => {
  const push = fc.record({ at: fc.integer({ min: 1, max: 600 }), until: fc.option(fc.integer({ max: 10_000 })) });
  fc.assert(
    fc.property(fc.array(push, { minLength: 1, maxLength: 8 }), (drawn) => {
      const lines = drawn.sort((a, b) => a.at - b.at).map(({ at, until }) => ({ at, until: { a: until } }));
      const lastAt = lines.at(-1)?.at as number;
      const { state } = play([...lines, { at: lastAt + 901 }]);
      expect(Object.values(state.episodes).filter((episode) => episode.state === 'firing')).toEqual([]);
    }),
  );
});

test('what a running Prometheus pushed, 12 s apart: one episode, its lease extended, resolved once its end is 5 s old', () => {
  const FIXTURES = new URL('../../../test/fixtures/prometheus-push/', import.meta.url);
  const files = ['push-firing-first', 'push-firing-resent', 'push-resolved', 'push-resolved-resent'];
  const story: string[] = [];
  let state: AlertsState = NO_ALERTS;
  files.forEach((file, i) => {
    const [alert] = JSON.parse(readFileSync(new URL(`${file}.json`, FIXTURES), 'utf8'));
    const startsAtMs = parseInstant(alert.startsAt) as number;
    const endsAtMs = parseInstant(alert.endsAt) as number;
    const receivedAtMs = startsAtMs + i * 12_000 + (i > 1 ? 30_000 : 0);
    const said = pushed('a', endsAtMs / 1000, { at: receivedAtMs / 1000, starts: startsAtMs / 1000 });
    const batch = {
      groupKey: '',
      receiver: '',
      externalUrl: '',
      truncatedAlerts: 0,
      digest: file,
      statements: [said],
      isUngrouped: true,
    };
    const heard = { receipt: file, part: 1, parts: 1, receivedAtMs, batch };
    const step = hear(state, [PUSHING], PUSHING, heard, []);
    story.push(...step.changes.map((c) => `${file} #${c.number} ${c.from ?? ''}>${c.to}`));
    if (i === 1) expect(Object.values(step.state.episodes)[0]?.leaseEndsAtMs).toBe(startsAtMs + 52_000);
    state = step.state;
  });
  // The first word of an end is as young as the push: until it is said again nobody can tell it from a lease that ran out on its way.
  expect(story).toEqual([
    'push-firing-first #1 >firing',
    'push-resolved #1 firing>unseen',
    'push-resolved-resent #1 unseen>resolved',
  ]);
});
