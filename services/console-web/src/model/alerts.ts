import type { AlertEpisodeView, AlertsView } from '@parapet/contracts';
import { unreachable } from '@parapet/kernel';
import { clockTime } from './time.js';

/** The alerts of an environment as far as one release is concerned. */
export interface Concerns {
  readonly attached: readonly AlertEpisodeView[];
  /** What may be this release's doing, or nobody's that we know; blamed on none. */
  readonly unattached: readonly AlertEpisodeView[];
  /** Why silence is no good news just now. */
  readonly doubts: readonly string[];
}

/** What of an environment's alerts belongs on the page of a release. */
export function concernsOf(view: AlertsView, release: string): Concerns {
  const attached = view.items.filter(
    ({ attachment }) => attachment.kind === 'attached' && attachment.release.id === release,
  );
  const unattached = view.items.filter(
    ({ attachment }) =>
      attachment.kind === 'unattached' &&
      (attachment.candidates.length === 0 || attachment.candidates.some(({ id }) => id === release)),
  );
  return { attached, unattached, doubts: doubtsOf(view) };
}

function doubtsOf({ sources, incomplete, more }: AlertsView): readonly string[] {
  return [
    ...sources.flatMap(({ source, health, heardAt }) => {
      if (health === 'alive') return [];
      const since = heardAt === null ? 'has never been heard' : `has not been heard since ${clockTime(heardAt)}`;
      return [`${source} ${since}: that no alert of it is shown does not mean that none fires.`];
    }),
    ...incomplete.map(
      ({ source, heardAt }) =>
        `A message of ${source} at ${clockTime(heardAt)} was cut; what it left out is not known.`,
    ),
    ...(more === 0 ? [] : [`${more} more alerts are not shown.`]),
  ];
}

/** How an alert stands, in one sentence. */
export function stateSentence({ state, since, startsAt }: AlertEpisodeView): string {
  const at = clockTime(since);
  switch (state) {
    case 'firing':
      return `Fires since ${clockTime(startsAt)}.`;
    case 'unseen':
      return `Not reported any more since ${at}; nobody said that it is over.`;
    case 'unconfirmed':
      return `Said to be over at ${at}, by a sender that may have been down.`;
    case 'disputed':
      return `Said to be over, and at ${at} said to be firing again with its old start.`;
    case 'abandoned':
      return `In doubt, and given up at ${at}: nobody said how it ended. It counts as unknown.`;
    case 'resolved':
      return `Over since ${at}.`;
    default:
      return unreachable(state);
  }
}

/** Whose doing an alert may be, where that is not known. */
export function candidatesSentence({ attachment }: AlertEpisodeView): string | null {
  if (attachment.kind === 'attached') return null;
  const names = attachment.candidates.map(({ name }) => name);
  return names.length === 0
    ? 'It names no release or component that ran when it began.'
    : `It may be the doing of ${names.join(' or ')}.`;
}

/** A person's word on an alert, and what became of it. */
export function wordSentence({ word }: AlertEpisodeView): string | null {
  if (word === null) return null;
  const said = `${word.by} said at ${clockTime(word.at)} that it ${word.as === 'resolved' ? 'is over' : 'fires'}: “${word.reason}”`;
  switch (word.outcome) {
    case 'waiting':
      return `${said}. This counts in a moment.`;
    case 'applied':
      return `${said}.`;
    case 'overtaken':
      return `${said}. That came too late: the alert had moved on.`;
    default:
      return unreachable(word.outcome);
  }
}
