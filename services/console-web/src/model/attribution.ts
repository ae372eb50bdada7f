import type { ReleaseView } from '@parapet/contracts';
import type { Alternative, Attribution } from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';
import { capital, unbroken } from './words.js';

/** One cause that was considered, as a line of a list. */
export interface Considered {
  readonly what: string;
  readonly finding: Alternative['finding'];
  readonly findingWord: string;
  readonly words: string;
  /** The page of the release it speaks of. */
  readonly path: string | null;
}

/** Whose doing something is, as a page shows it. */
export interface Blame {
  readonly title: string;
  /** Whether this release is blamed. */
  readonly isOurs: boolean;
  readonly tone: 'fail' | 'inconclusive';
  readonly sentence: string;
  readonly onset: string | null;
  /** The page of another release that is blamed. */
  readonly blamedPath: string | null;
  readonly considered: readonly Considered[];
}

/** What a release's page says about whom to blame; null where nothing is worse. */
export function blameOf({ id, attribution }: Pick<ReleaseView, 'id' | 'attribution'>): Blame | null {
  if (attribution === undefined) return null;
  const { blamed, words, onset, alternatives } = attribution;
  const isOurs = blamed === id;
  const rank: Readonly<Record<Alternative['finding'], number>> = {
    found: 0,
    possible: 1,
    'not-checked': 2,
    'ruled-out': 3,
  };
  return {
    title: titleOf(attribution, isOurs),
    isOurs,
    tone: isOurs ? 'fail' : 'inconclusive',
    // It begins with the name of a guardrail, which is written as it is declared.
    sentence: ended(words),
    onset: onset ?? null,
    blamedPath: blamed === undefined || isOurs ? null : `/releases/${blamed}`,
    considered: alternatives
      .toSorted((a, b) => rank[a.finding] - rank[b.finding])
      .map((one) => ({
        what: whatWord(one.kind),
        finding: one.finding,
        findingWord: findingWord(one.finding),
        words: sentence(one.words),
        path: one.release === undefined ? null : `/releases/${one.release}`,
      })),
  };
}

function titleOf({ blamed, alternatives }: Attribution, isOurs: boolean): string {
  if (isOurs) return 'This release is blamed';
  if (blamed !== undefined) return 'Another release is blamed';
  return alternatives.some(({ finding }) => finding === 'found') ? 'This release is not blamed' : 'Nobody is blamed';
}

function whatWord(kind: Alternative['kind']): string {
  switch (kind) {
    case 'release':
      return 'Another release';
    case 'before':
      return 'It was so before';
    case 'elsewhere':
      return 'It is so elsewhere';
    case 'recurring':
      return 'It is so every time';
    case 'traffic':
      return 'The traffic';
    default:
      return unreachable(kind);
  }
}

function findingWord(finding: Alternative['finding']): string {
  switch (finding) {
    case 'found':
      return 'Found';
    case 'possible':
      return 'Possible';
    case 'not-checked':
      return 'Not checked';
    case 'ruled-out':
      return 'Ruled out';
    default:
      return unreachable(finding);
  }
}

function sentence(words: string): string {
  return capital(ended(words));
}

function ended(words: string): string {
  const text = unbroken(words);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
