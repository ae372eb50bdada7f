import type { EpisodeState } from '@parapet/signals';
import type { ReleaseName } from './releases.js';

/** GET /v1/alerts?environment= : what senders say in an environment, and what is in doubt about it. */
export interface AlertsView {
  readonly environment: string;
  readonly sources: readonly {
    readonly source: string;
    /** `silent` and `never` are no good news: nothing that this source judges passes. */
    readonly health: 'alive' | 'silent' | 'never';
    readonly heardAt: string | null;
  }[];
  /** Groups whose last message was cut: what it left out is unknown. */
  readonly incomplete: readonly { readonly source: string; readonly group: string; readonly heardAt: string }[];
  /** What is in doubt first, then what fires, then what a person settled; the newest first. */
  readonly items: readonly AlertEpisodeView[];
  /** How many more there are than are shown. */
  readonly more: number;
}

/** One time of an alert's firing. POST /v1/alerts/{source}/{fingerprint}/settle answers it with the word on its way. */
export interface AlertEpisodeView {
  readonly source: string;
  readonly fingerprint: string;
  /** 1, 2, … of the same alert. */
  readonly episode: number;
  readonly name: string;
  readonly summary: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: EpisodeState;
  readonly since: string;
  readonly startsAt: string;
  /** Whose doing it is; where that is not known, every release it may be. */
  readonly attachment:
    | { readonly kind: 'attached'; readonly release: ReleaseName }
    | { readonly kind: 'unattached'; readonly candidates: readonly ReleaseName[] };
  /** Whether a person may settle it now. */
  readonly settleable: boolean;
  /** The last word of a person on it; `overtaken`: the alert had moved on before the word was applied. */
  readonly word: {
    readonly as: 'resolved' | 'firing';
    readonly by: string;
    readonly reason: string;
    readonly at: string;
    readonly outcome: 'waiting' | 'applied' | 'overtaken';
  } | null;
}

/** POST /v1/alerts/{source}/{fingerprint}/settle: a person's word on a doubtful alert. */
export interface SettleAlertRequest {
  readonly episode: number;
  readonly as: 'resolved' | 'firing';
  readonly reason: string;
}
