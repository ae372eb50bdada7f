import type { AlertEpisodeView, AlertsView } from '@parapet/contracts';
import { invariant } from '@parapet/kernel';
import { ProblemError } from '@parapet/nest';
import { type Configuration, sendsAlerts, type SignalSource } from '@parapet/policy';
import type { Journal, Tx } from '@parapet/postgres';
import { type AlertsState, type Episode, type EpisodeRef, settlementRefusal } from '@parapet/signals';
import type { SettleBody } from '../http/requests.js';
import { databaseNow } from '../releases/release-store.js';
import type { By } from '../releases/release-streams.js';
import { addSettlement, findAlerts, listAlerts, listCandidates, listWords } from './alert-store.js';
import { alertsView, episodeView, type KnownAlerts } from './alerts-view.js';

/** Shows alerts, and puts people's words on doubtful ones on record; that they change something is the evaluator's work. */
export class Alerts {
  constructor(private readonly journal: Journal) {}

  /** The alerts of an environment. */
  async show(tx: Tx, configuration: Configuration | null, environment: string): Promise<AlertsView> {
    const isKnown = configuration?.tenant.environments.some(({ name }) => name === environment) ?? false;
    if (!isKnown) {
      throw new ProblemError(422, 'invalid', 'environment must name an environment of this tenant', {
        field: '/environment',
      });
    }
    const state = await findAlerts(tx, environment);
    return alertsView(await this.known(tx, configuration, environment, state), await databaseNow(tx));
  }

  /** Takes a word: journaled, and left for the evaluator in the same transaction. */
  async settle(
    tx: Tx,
    configuration: Configuration | null,
    alert: Pick<EpisodeRef, 'source' | 'fingerprint'>,
    { episode: number, as, reason }: SettleBody,
    by: By,
  ): Promise<AlertEpisodeView> {
    const ref = { ...alert, episode: number };
    const { environment, state, episode } = await this.place(tx, ref);
    const ofWhom = { tenant: tx.tenant, stream: `alerts:${environment}`, environment, workload: 'none' };
    const name = episode.labels['alertname'] ?? episode.fingerprint;
    const data = { ...ref, name, was: episode.state, as, by: by.actor.id, reason };
    const [row] = await this.journal.append(tx, ofWhom, 'any', [{ type: 'alert.settled', data }], by);
    invariant(row, 'a word on an alert was not journaled');
    if (!(await addSettlement(tx, row.seq, environment, ref))) {
      throw new ProblemError(409, 'settlement-waiting', 'somebody settled this alert a moment ago');
    }
    return episodeView(await this.known(tx, configuration, environment, state), episode);
  }

  /** Where the alert is, if it can be settled. Its labels say its environment; a former one may still know of it. */
  private async place(
    tx: Tx,
    ref: EpisodeRef,
  ): Promise<{ readonly environment: string; readonly state: AlertsState; readonly episode: Episode }> {
    const places = (await listAlerts(tx)).map((place) => ({ ...place, refusal: settlementRefusal(place.state, ref) }));
    const known = places.filter(({ refusal }) => refusal?.code !== 'unknown-alert');
    const place = known.find(({ refusal }) => refusal === null) ?? known[0];
    if (place === undefined) {
      throw new ProblemError(404, 'unknown-alert', `there is no alert ${ref.fingerprint} of ${ref.source}`);
    }
    const { environment, state, refusal } = place;
    if (refusal !== null) {
      const { code, ...current } = refusal;
      const why =
        code === 'other-episode' ? 'this alert has another episode now' : 'there is no doubt about this alert';
      throw new ProblemError(409, code, why, { current });
    }
    const episode = Object.values(state.episodes).find(
      (one) => one.source === ref.source && one.fingerprint === ref.fingerprint,
    );
    invariant(episode, 'an alert that can be settled is there');
    return { environment, state, episode };
  }

  private async known(
    tx: Tx,
    configuration: Configuration | null,
    environment: string,
    state: AlertsState,
  ): Promise<KnownAlerts> {
    const candidates = await listCandidates(tx, environment, await databaseNow(tx));
    const words = await listWords(tx, environment);
    return { environment, state, sources: alertSourcesOf(configuration, environment), candidates, words };
  }
}

function alertSourcesOf(configuration: Configuration | null, environment: string): readonly SignalSource[] {
  return (configuration?.signalSources ?? []).filter(
    (source) => sendsAlerts(source) && source.environments.includes(environment),
  );
}
