import type { InstantMs } from '@parapet/kernel';
import type { AlertStatement } from './statement.js';

/** What is known of an episode; all but `firing` and `resolved` are doubts. */
export type EpisodeState = 'firing' | 'resolved' | 'unseen' | 'unconfirmed' | 'disputed' | 'abandoned';

/** One time of an alert's firing. The alert is `(source, fingerprint)`; neither its start nor the sender's address is part of it. */
export interface Episode {
  readonly source: string;
  readonly fingerprint: string;
  /** 1, 2, … of the same alert. */
  readonly number: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly generatorUrl: string | null;
  readonly state: EpisodeState;
  /** Since when it has been in this state, by our clock. */
  readonly sinceMs: InstantMs;
  /** The earliest start any sender gave. */
  readonly startsAtMs: InstantMs;
  /** When we first heard of it. */
  readonly openedAtMs: InstantMs;
  /** Since when it counts as firing for a guardrail's patience. */
  readonly firingSinceMs: InstantMs;
  readonly leaseEndsAtMs: InstantMs;
  /** Where it was said to end; null while nobody said so. */
  readonly closedAtMs: InstantMs | null;
  /** Which source of a pair said that it ended: its heartbeat shows whether that is to be believed. Absent: the episode's own. */
  readonly closedBy?: string;
  /** `unconfirmed`: when the heartbeat will have shown whether the end is real; null once it has shown that it may not be. */
  readonly confirmAtMs: InstantMs | null;
  /** `disputed`: who said since when that it still fires. */
  readonly dispute: Readonly<Record<string, InstantMs>>;
  /** `abandoned`: what it was before. */
  readonly abandonedFrom: 'unseen' | 'unconfirmed' | null;
  /** A person's last word on a doubt of it; absent where nobody had to give one. What is said later goes on as if it were any other word. */
  readonly settled?: HandSettlement;
}

/** A doubt settled by hand: as what, by whom, why and when. */
export interface HandSettlement {
  readonly as: 'resolved' | 'firing';
  readonly by: string;
  readonly reason: string;
  readonly atMs: InstantMs;
}

/** A change of an episode, for the log and for tests. */
export interface EpisodeChange {
  readonly source: string;
  readonly fingerprint: string;
  readonly number: number;
  readonly from: EpisodeState | null;
  readonly to: EpisodeState;
  readonly atMs: InstantMs;
}

/** Times that two clocks of the same sender may differ by. */
const SLACK_MS = 2000;
/** A dispute that nobody settles is firing: an alert is believed sooner than its end. */
export const DISPUTE_MS = 120_000;
/** Replicas that are remembered in one dispute. */
const SENDERS_MAX = 8;

/** When and by whom something was said, and how long it holds. */
export interface Hearing {
  readonly source: string;
  /** The replica: a source may have several. */
  readonly sender: string;
  readonly receivedAtMs: InstantMs;
  readonly leaseEndsAtMs: InstantMs;
  readonly groupIntervalMs: number;
}

/** An alert is said to fire. */
export function hearFiring(episode: Episode | undefined, statement: AlertStatement, hearing: Hearing): Episode {
  const startsAtMs = statement.startsAtMs ?? hearing.receivedAtMs;
  if (episode === undefined) return opened(statement, hearing, startsAtMs, 1);
  const heard = renewed(episode, statement, hearing, startsAtMs);
  switch (episode.state) {
    case 'firing':
      return heard;
    case 'unseen':
    case 'unconfirmed':
      return firing(heard, hearing.receivedAtMs, episode.firingSinceMs);
    case 'abandoned':
      // Nobody ever said that it ended: the same trouble goes on, unless the sender dates it anew.
      return startsAtMs <= episode.sinceMs
        ? firing(heard, hearing.receivedAtMs, hearing.receivedAtMs)
        : opened(statement, hearing, startsAtMs, episode.number + 1);
    case 'resolved':
      if (isAfter(startsAtMs, episode)) return opened(statement, hearing, startsAtMs, episode.number + 1);
      return {
        ...heard,
        state: 'disputed',
        sinceMs: hearing.receivedAtMs,
        dispute: { [hearing.sender]: hearing.receivedAtMs },
      };
    case 'disputed':
      if (isAfter(startsAtMs, episode)) return opened(statement, hearing, startsAtMs, episode.number + 1);
      return hearDisputed(heard, hearing);
  }
}

/** A second message of the same sender, not merely a repeat of the first under way, shows that it means it. */
function hearDisputed(episode: Episode, hearing: Hearing): Episode {
  const firstAtMs = Object.hasOwn(episode.dispute, hearing.sender) ? episode.dispute[hearing.sender] : undefined;
  if (firstAtMs === undefined) {
    const isRoom = Object.keys(episode.dispute).length < SENDERS_MAX;
    return isRoom ? { ...episode, dispute: { ...episode.dispute, [hearing.sender]: hearing.receivedAtMs } } : episode;
  }
  const isMeant = hearing.receivedAtMs - firstAtMs >= hearing.groupIntervalMs;
  return isMeant ? firing(episode, hearing.receivedAtMs, episode.sinceMs) : episode;
}

/**
 * An alert is said to be resolved. The end is believed at once where there is no heartbeat to doubt it by.
 * @param confirmAtMs when the heartbeat will have shown whether the sender was alive; null where there is no heartbeat
 */
export function hearResolved(
  episode: Episode | undefined,
  statement: AlertStatement,
  hearing: Hearing,
  confirmAtMs: (endedAtMs: InstantMs) => InstantMs | null,
): Episode | undefined {
  if (episode === undefined || episode.state === 'resolved') return episode;
  // No end lies in our future: a sender's clock that is ahead must not swallow the next firing.
  const endedAtMs = Math.min(statement.endsAtMs ?? hearing.receivedAtMs, hearing.receivedAtMs);
  const isOfEarlierEpisode = endedAtMs < episode.startsAtMs - SLACK_MS;
  if (isOfEarlierEpisode) return episode;
  const isRepeated = episode.state === 'unconfirmed' && endedAtMs <= (episode.closedAtMs ?? -Infinity);
  if (isRepeated) return episode;
  const dueMs = confirmAtMs(endedAtMs);
  const sinceMs = episode.state === 'unconfirmed' ? episode.sinceMs : hearing.receivedAtMs;
  const by = hearing.source === episode.source ? {} : { closedBy: hearing.source };
  const { closedBy: _, ...before } = episode;
  const ended = { ...before, ...by, closedAtMs: endedAtMs, dispute: {}, abandonedFrom: null };
  return dueMs === null
    ? { ...ended, state: 'resolved', sinceMs: hearing.receivedAtMs, confirmAtMs: null }
    : { ...ended, state: 'unconfirmed', sinceMs, confirmAtMs: dueMs };
}

/** A newer message of its group leaves it out, or its lease ended: it may be over, silenced, or never reported. */
export function notSeen(episode: Episode, atMs: InstantMs): Episode {
  return episode.state === 'firing' ? { ...episode, state: 'unseen', sinceMs: atMs } : episode;
}

/** Whether a person may settle it: whatever is in doubt, given up or not. */
export function isSettleable({ state }: Pick<Episode, 'state'>): boolean {
  return state === 'unseen' || state === 'unconfirmed' || state === 'disputed' || state === 'abandoned';
}

/**
 * A person says how a doubtful episode stands. An end that was said before and not believed stays where it was said; settled as
 * firing it is the same episode, with a new lease.
 */
export function settledByHand(episode: Episode, settlement: HandSettlement, leaseEndsAtMs: InstantMs): Episode {
  const { atMs } = settlement;
  if (settlement.as === 'firing') {
    const firingSinceMs = episode.state === 'disputed' ? episode.sinceMs : episode.firingSinceMs;
    const lease = Math.max(episode.leaseEndsAtMs, leaseEndsAtMs);
    return { ...firing(episode, atMs, firingSinceMs), leaseEndsAtMs: lease, settled: settlement };
  }
  return { ...over(episode, atMs, atMs), settled: settlement };
}

/**
 * The source's Prometheus says how a doubtful episode stands. An end that was said before and not believed stays where it was said;
 * one that nobody said lies where the rule was evaluated.
 */
export function settledByAnswer(
  episode: Episode,
  as: 'firing' | 'resolved',
  evaluatedAtMs: InstantMs,
  atMs: InstantMs,
  leaseEndsAtMs: InstantMs,
): Episode {
  if (as === 'firing') {
    const firingSinceMs = episode.state === 'disputed' ? episode.sinceMs : episode.firingSinceMs;
    const lease = Math.max(episode.leaseEndsAtMs, leaseEndsAtMs);
    return { ...firing(episode, atMs, firingSinceMs), leaseEndsAtMs: lease };
  }
  return over(episode, atMs, Math.min(evaluatedAtMs, atMs));
}

function over(episode: Episode, atMs: InstantMs, endedAtMs: InstantMs): Episode {
  const closedAtMs = episode.closedAtMs ?? endedAtMs;
  return {
    ...episode,
    state: 'resolved',
    sinceMs: atMs,
    closedAtMs,
    confirmAtMs: null,
    dispute: {},
    abandonedFrom: null,
  };
}

/**
 * What the passing of time does to an episode. Each step is dated by when it was due, so that seldom ticks and many give the same.
 * @param wasInOrder whether the heartbeat was in order around the end, known at the due time
 */
export function age(
  episode: Episode,
  clockMs: InstantMs,
  doubtMs: number,
  wasInOrder: (endedAtMs: InstantMs, dueMs: InstantMs) => boolean,
): Episode {
  switch (episode.state) {
    case 'firing':
      return clockMs >= episode.leaseEndsAtMs
        ? age(notSeen(episode, episode.leaseEndsAtMs), clockMs, doubtMs, wasInOrder)
        : episode;
    case 'unconfirmed': {
      const dueMs = episode.confirmAtMs;
      if (dueMs !== null && clockMs >= dueMs) {
        const isReal = wasInOrder(episode.closedAtMs ?? dueMs, dueMs);
        if (isReal)
          return { ...episode, state: 'resolved', sinceMs: Math.max(dueMs, episode.sinceMs), confirmAtMs: null };
        return age({ ...episode, confirmAtMs: null }, clockMs, doubtMs, wasInOrder);
      }
      return abandonedIfDue(episode, 'unconfirmed', clockMs, doubtMs);
    }
    case 'unseen':
      return abandonedIfDue(episode, 'unseen', clockMs, doubtMs);
    case 'disputed': {
      const dueMs = episode.sinceMs + DISPUTE_MS;
      if (clockMs < dueMs) return episode;
      return age(firing(episode, dueMs, episode.sinceMs), clockMs, doubtMs, wasInOrder);
    }
    case 'resolved':
    case 'abandoned':
      return episode;
  }
}

function abandonedIfDue(
  episode: Episode,
  from: 'unseen' | 'unconfirmed',
  clockMs: InstantMs,
  doubtMs: number,
): Episode {
  const dueMs = episode.sinceMs + doubtMs;
  return clockMs >= dueMs ? { ...episode, state: 'abandoned', sinceMs: dueMs, abandonedFrom: from } : episode;
}

function isAfter(startsAtMs: InstantMs, episode: Episode): boolean {
  return episode.closedAtMs !== null && startsAtMs > episode.closedAtMs + SLACK_MS;
}

function opened(statement: AlertStatement, hearing: Hearing, startsAtMs: InstantMs, number: number): Episode {
  return {
    source: hearing.source,
    fingerprint: statement.fingerprint,
    number,
    labels: statement.labels,
    annotations: statement.annotations,
    generatorUrl: statement.generatorUrl,
    state: 'firing',
    sinceMs: hearing.receivedAtMs,
    startsAtMs,
    openedAtMs: hearing.receivedAtMs,
    firingSinceMs: hearing.receivedAtMs,
    leaseEndsAtMs: hearing.leaseEndsAtMs,
    closedAtMs: null,
    confirmAtMs: null,
    dispute: {},
    abandonedFrom: null,
  };
}

function renewed(episode: Episode, statement: AlertStatement, hearing: Hearing, startsAtMs: InstantMs): Episode {
  return {
    ...episode,
    annotations: statement.annotations,
    generatorUrl: statement.generatorUrl,
    startsAtMs: Math.min(episode.startsAtMs, startsAtMs),
    leaseEndsAtMs: Math.max(episode.leaseEndsAtMs, hearing.leaseEndsAtMs),
  };
}

function firing(episode: Episode, sinceMs: InstantMs, firingSinceMs: InstantMs): Episode {
  return {
    ...episode,
    state: 'firing',
    sinceMs,
    firingSinceMs,
    closedAtMs: null,
    confirmAtMs: null,
    dispute: {},
    abandonedFrom: null,
  };
}
