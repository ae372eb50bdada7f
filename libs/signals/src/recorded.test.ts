import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isNotSet, parseInstant } from '@parapet/kernel';
import type { AlertSource } from './alert-sources.js';
import { hear, passTime } from './alerts.js';
import { type AlertsState, NO_ALERTS } from './alerts-state.js';
import type { StatementBatch } from './statement.js';

/**
 * Every sequence that a running Alertmanager was recorded with, and what must follow from it: `+seconds alert from>to`.
 * Received at the recorded offsets, with a tick every second and for some time after the last message.
 */

const FIXTURES = new URL('../../../test/fixtures/alertmanager/', import.meta.url);

interface Recorded {
  readonly file: string;
  readonly sequence: string;
  readonly offsetSeconds: number;
  readonly sha256: string;
}
interface Body {
  readonly groupKey: string;
  readonly receiver: string;
  readonly externalURL: string;
  readonly truncatedAlerts: number;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly fingerprint: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
    readonly startsAt: string;
    readonly endsAt: string;
  }[];
}
interface Message {
  readonly offsetMs: number;
  readonly digest: string;
  readonly body: Body;
}

const manifest = JSON.parse(readFileSync(new URL('manifest.json', FIXTURES), 'utf8')) as { files: Recorded[] };

function recorded(sequence: string): readonly Message[] {
  return manifest.files
    .filter((f) => f.sequence === sequence)
    .map((f) => ({
      offsetMs: Math.round(f.offsetSeconds * 1000),
      digest: f.sha256,
      body: JSON.parse(readFileSync(new URL(f.file, FIXTURES), 'utf8')) as Body,
    }));
}

/** The manifest has offsets only: the recording began no earlier than what its messages speak of. */
function beganAtMs(messages: readonly Message[]): number {
  const spoken = messages.flatMap((m) =>
    m.body.alerts.flatMap((a) =>
      [a.startsAt, a.endsAt].filter((t) => !isNotSet(t)).map((t) => (parseInstant(t) as number) - m.offsetMs),
    ),
  );
  return Math.max(...spoken) + 100;
}

function statementsOf(message: Message): StatementBatch {
  const { body } = message;
  const time = (text: string) => (isNotSet(text) ? null : parseInstant(text));
  return {
    groupKey: body.groupKey,
    receiver: body.receiver,
    externalUrl: body.externalURL,
    truncatedAlerts: body.truncatedAlerts,
    digest: message.digest,
    statements: body.alerts.map((a) => ({
      status: a.status,
      fingerprint: a.fingerprint,
      labels: a.labels,
      annotations: a.annotations,
      startsAtMs: time(a.startsAt),
      endsAtMs: a.status === 'resolved' ? time(a.endsAt) : null,
      generatorUrl: null,
      isContradicted: false,
    })),
  };
}

const SOURCE: AlertSource = {
  name: 'alertmanager',
  heartbeat: null,
  repeatIntervalMs: 30_000,
  groupIntervalMs: 10_000,
  doubtMs: 900_000,
  pairedWith: null,
};
const GUARDED: AlertSource = {
  ...SOURCE,
  heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
};

interface Played {
  readonly story: readonly string[];
  readonly said: readonly string[];
  readonly state: AlertsState;
}

function play(
  messages: readonly Message[],
  source: AlertSource,
  beganMs: number,
  thenMs = 60_000,
  sourceOf: (message: Message) => AlertSource = () => source,
): Played {
  const sources = [...new Set([source, ...messages.map(sourceOf)])];
  const story: string[] = [];
  const said: string[] = [];
  let state: AlertsState = NO_ALERTS;
  const note = (step: ReturnType<typeof hear>) => {
    for (const c of step.changes) {
      story.push(
        `+${Math.round((c.atMs - beganMs) / 1000)} ${c.fingerprint.slice(0, 4)}#${c.number} ${c.from ?? ''}>${c.to}`,
      );
    }
    said.push(...step.events.map((e) => `+${Math.round((state.clockMs - beganMs) / 1000)} ${e.type}`));
    // Everything goes through JSON: what is stored must be what is remembered.
    state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
  };
  const end = (messages.at(-1)?.offsetMs ?? 0) + thenMs;
  const queue = [...messages];
  state = passTime(state, sources, beganMs, []).state;
  for (let at = 0; at <= end; at += 1000) {
    while (queue[0] !== undefined && queue[0].offsetMs <= at) {
      const message = queue.shift() as Message;
      const heard = {
        receipt: `rcp_${queue.length}`,
        part: 1,
        parts: 1,
        batch: statementsOf(message),
        receivedAtMs: beganMs + message.offsetMs,
      };
      note(hear(state, sources, sourceOf(message), heard, []));
    }
    note(passTime(state, sources, beganMs + at, []));
  }
  return { story, said, state };
}

const SEQUENCES: readonly {
  sequence: string;
  why: string;
  story: readonly string[];
  source?: AlertSource;
  said?: readonly string[];
  incomplete?: number;
}[] = [
  { sequence: 'single', why: 'fires and is resolved', story: ['+0 cf81#1 >firing', '+40 cf81#1 firing>resolved'] },
  { sequence: 'single-basic', why: 'one alert', story: ['+0 6f44#1 >firing'] },
  {
    sequence: 'group-lifecycle',
    why: 'each alert is judged alone, and one that was resolved before is not missed',
    story: [
      '+0 d783#1 >firing',
      '+0 e676#1 >firing',
      '+0 d90d#1 >firing',
      '+12 e676#1 firing>resolved',
      '+30 ffc5#1 >firing',
      '+36 d783#1 firing>resolved',
      '+36 d90d#1 firing>resolved',
      '+36 ffc5#1 firing>resolved',
    ],
  },
  { sequence: 'repeat', why: 'an exact repeat makes no event', story: ['+0 c810#1 >firing'] },
  {
    sequence: 'truncated',
    why: 'what was cut off stays unknown',
    story: ['+0 8458#1 >firing', '+0 8454#1 >firing', '+0 8450#1 >firing', '+0 844e#1 >firing', '+0 844a#1 >firing'],
    incomplete: 1,
  },
  {
    sequence: 'truncated-misleading',
    why: 'the top says resolved, the group stays incomplete',
    story: ['+0 feeb#1 >firing', '+0 fef5#1 >firing', '+6 feeb#1 firing>resolved', '+6 fef5#1 firing>resolved'],
    incomplete: 1,
  },
  { sequence: 'watchdog', why: 'a heartbeat is no episode', source: GUARDED, story: [] },
  {
    sequence: 'stale-resolve',
    why: 'with no heartbeat declared, nothing tells a time-out from a recovery',
    story: ['+0 dd08#1 >firing', '+25 dd08#1 firing>resolved'],
  },
  {
    sequence: 'stale-resolve',
    why: 'with a heartbeat that never came, the time-out is no recovery',
    source: GUARDED,
    story: ['+0 dd08#1 >firing', '+25 dd08#1 firing>unconfirmed'],
  },
  {
    sequence: 'flap',
    why: 'a start after the end is a new episode',
    story: ['+0 8b5b#1 >firing', '+10 8b5b#1 firing>resolved', '+20 8b5b#2 >firing'],
  },
  { sequence: 'ungrouped', why: 'two groups of one alert each', story: ['+0 b771#1 >firing', '+0 7ae7#1 >firing'] },
  {
    sequence: 'fanout',
    why: 'the same alert in two groups is one episode',
    story: ['+0 f58c#1 >firing', '+0 1e36#1 >firing'],
  },
  { sequence: 'send-resolved-false', why: 'the end is never told', story: ['+0 60ee#1 >firing', '+0 1911#1 >firing'] },
  { sequence: 'silenced', why: 'the end is never told', story: ['+0 e79f#1 >firing'] },
  { sequence: 'receiver-name', why: 'the receiver is no part of the alert', story: ['+0 33f5#1 >firing'] },
  { sequence: 'group-label', why: 'two groups', story: ['+0 664f#1 >firing', '+0 5957#1 >firing'] },
  {
    sequence: 'no-group-labels',
    why: 'two releases in one message',
    story: ['+0 20a2#1 >firing', '+0 ef46#1 >firing'],
  },
  { sequence: 'ha-repeat', why: 'another replica, another start: the same episode', story: ['+0 2656#1 >firing'] },
  { sequence: 'ha-failover', why: 'the second replica says it again', story: ['+0 951f#1 >firing'] },
  { sequence: 'ha-slow-receiver', why: 'a duplicate', story: ['+0 0a2b#1 >firing'] },
  {
    sequence: 'ha-late-firing',
    why: 'an old firing after the end is disputed, and its repeat settles it in the same episode',
    story: [
      '+0 7861#1 >firing',
      '+11 7861#1 firing>resolved',
      '+21 7861#1 resolved>disputed',
      '+45 7861#1 disputed>firing',
      '+53 7861#1 firing>resolved',
    ],
  },
  {
    sequence: 'ha-partition',
    why: 'two senders that cannot see each other',
    story: ['+0 048b#1 >firing', '+16 048b#1 firing>resolved'],
  },
  {
    sequence: 'end-to-end',
    why: 'a dying Prometheus resolves everything and nothing is believed; what is left out is unseen',
    source: GUARDED,
    story: [
      '+63 82f7#1 >firing',
      '+63 7d3e#1 >firing',
      '+123 82f7#1 firing>unconfirmed',
      '+123 7d3e#1 firing>unconfirmed',
      '+153 82f7#1 unconfirmed>firing',
      '+163 7d3e#1 unconfirmed>firing',
      '+198 7d3e#1 firing>unseen',
      '+208 7d3e#1 unseen>firing',
      '+300 82f7#1 firing>unconfirmed',
      '+300 7d3e#1 firing>unseen',
    ],
    said: ['+120 SourceSilent', '+149 SourceHeard', '+380 SourceSilent'],
  },
  {
    sequence: 'retry-growing-group',
    why: 'the repeat that never came ends the lease, and the end of another alert is recorded only',
    story: ['+0 48d1#1 >firing', '+100 48d1#1 firing>unseen'],
  },
];

function episodesOf(played: Played): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.values(played.state.episodes).map((e) => [e.fingerprint, e.number]));
}

/** As in operation: the arrival times stay, the contents change places. */
function swapped(messages: readonly Message[], i: number): readonly Message[] {
  const [a, b] = [messages[i] as Message, messages[i + 1] as Message];
  return messages.map((m, at) =>
    at === i ? { ...b, offsetMs: m.offsetMs } : at === i + 1 ? { ...a, offsetMs: m.offsetMs } : m,
  );
}

test('every recorded sequence has its expectation', () => {
  expect(new Set(SEQUENCES.map((s) => s.sequence))).toEqual(new Set(manifest.files.map((f) => f.sequence)));
});

describe.each(SEQUENCES)('$sequence: $why', ({ sequence, source = SOURCE, story, said = [], incomplete = 0 }) => {
  const messages = recorded(sequence);
  const began = beganAtMs(messages);

  test('as it was recorded', () => {
    const played = play(messages, source, began);
    expect(played.story).toEqual(story);
    expect(played.said).toEqual(said);
    expect(Object.values(played.state.groups).filter((g) => g.isIncomplete)).toHaveLength(incomplete);
  });

  test('every message doubled changes nothing', () => {
    const doubled = play(
      messages.flatMap((m) => [m, m]),
      source,
      began,
    );
    expect(doubled.story).toEqual(story);
    expect(doubled.said).toEqual(said);
  });

  test('one message left out never makes an incident more', () => {
    const whole = episodesOf(play(messages, source, began));
    for (let i = 0; i < messages.length; i++) {
      const fewer = episodesOf(
        play(
          messages.filter((_, at) => at !== i),
          source,
          began,
        ),
      );
      for (const [fingerprint, number] of Object.entries(fewer))
        expect(number).toBeLessThanOrEqual(whole[fingerprint] ?? 0);
    }
  });

  test('two neighbours exchanged never make an incident more', () => {
    const whole = episodesOf(play(messages, source, began));
    for (let i = 0; i + 1 < messages.length; i++) {
      const other = episodesOf(play(swapped(messages, i), source, began));
      for (const [fingerprint, number] of Object.entries(other))
        expect(number).toBeLessThanOrEqual(whole[fingerprint] ?? 0);
    }
  });
});

describe.each(SEQUENCES.filter(({ sequence }) => sequence.startsWith('ha-')))(
  '$sequence, each replica a source of its own, paired',
  ({ sequence, story }) => {
    const messages = recorded(sequence);
    const replicas = [...new Set(messages.map(({ body }) => body.externalURL))];
    const pair = [
      { ...SOURCE, name: 'am-1', pairedWith: 'am-2' },
      { ...SOURCE, name: 'am-2', pairedWith: 'am-1' },
    ] as const;

    test.each([
      ['in the order that they have', pair],
      ['the other way round', [pair[1], pair[0]]],
    ] as const)('%s: the same one episode', (_, [first, second]) => {
      const sourceOf = ({ body }: Message) => (body.externalURL === replicas[0] ? first : second);
      const played = play(messages, first, beganAtMs(messages), 60_000, sourceOf);
      expect(played.story).toEqual(story);
      expect(Object.values(played.state.episodes).map(({ number }) => number)).toEqual([1]);
    });

    test('unpaired they are witnesses of two alerts', () => {
      const alone = pair.map((source) => ({ ...source, pairedWith: null }));
      const sourceOf = ({ body }: Message) => alone[body.externalURL === replicas[0] ? 0 : 1] as AlertSource;
      const played = play(messages, alone[0] as AlertSource, beganAtMs(messages), 60_000, sourceOf);
      expect(Object.keys(played.state.episodes)).toHaveLength(replicas.length);
    });
  },
);
