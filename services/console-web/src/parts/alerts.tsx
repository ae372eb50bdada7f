import type { AlertEpisodeView, AlertsView, CallerView } from '@parapet/contracts';
import { useState } from 'react';
import type { Client } from '../api/client.js';
import type { Resource } from '../hooks/use-resource.js';
import { candidatesSentence, concernsOf, stateSentence, wordSentence } from '../model/alerts.js';
import { rightsOf } from '../model/answering.js';
import { Settlement } from './settlement.js';
import { StaleBanner, Waiting } from './status.js';

interface Props {
  readonly client: Client;
  readonly caller: CallerView;
  readonly release: string;
  readonly alerts: Resource<AlertsView>;
  /** The page says already that it could not be refreshed. */
  readonly isPageStale: boolean;
}

/** The alerts that are a release's concern and what is in doubt about them; nothing where all is quiet and known to be. */
export function Alerts({ client, caller, release, alerts, isPageStale }: Props) {
  const [settling, setSettling] = useState<AlertEpisodeView | null>(null);
  const mayRespond = rightsOf(caller).respond;
  if (alerts.value === null)
    return alerts.failure === null ? null : (
      <section className="card alerts" aria-labelledby="alerts-title">
        <h2 id="alerts-title">Alerts</h2>
        <Waiting what="the alerts" resource={alerts} />
      </section>
    );
  const { attached, unattached, doubts } = concernsOf(alerts.value, release);
  if (attached.length + unattached.length + doubts.length === 0 && settling === null) return null;
  const list = (episodes: readonly AlertEpisodeView[]) => (
    <ul className="alert-list">
      {episodes.map((one) => (
        <Alert
          key={`${one.source} ${one.fingerprint} ${one.episode}`}
          shown={one}
          onSettle={mayRespond && one.settleable ? () => setSettling(one) : null}
        />
      ))}
    </ul>
  );
  return (
    <section className="card alerts" aria-labelledby="alerts-title">
      <h2 id="alerts-title">Alerts</h2>
      {isPageStale ? null : <StaleBanner resource={alerts} />}
      {doubts.map((text) => (
        <p key={text} className="alert-doubt">
          {text}
        </p>
      ))}
      {attached.length === 0 ? null : list(attached)}
      {unattached.length === 0 ? null : (
        <>
          <h3>Of no release for sure</h3>
          {list(unattached)}
        </>
      )}
      {settling === null ? null : (
        <Settlement
          client={client}
          shown={settling}
          onClose={() => setSettling(null)}
          onChange={() => alerts.refresh()}
        />
      )}
    </section>
  );
}

function Alert({ shown, onSettle }: { readonly shown: AlertEpisodeView; readonly onSettle: (() => void) | null }) {
  const details = [shown.summary, candidatesSentence(shown), wordSentence(shown)].filter((text) => text !== null);
  return (
    <li className={`alert alert-${shown.state}`}>
      <div>
        <p>
          <strong>{shown.name}</strong> <span className="muted">{shown.source}</span>
        </p>
        <p>{stateSentence(shown)}</p>
        {details.map((text) => (
          <p key={text} className="alert-detail">
            {text}
          </p>
        ))}
      </div>
      {onSettle === null ? null : (
        <button type="button" className="button" onClick={onSettle} aria-label={`Settle ${shown.name}…`}>
          Settle…
        </button>
      )}
    </li>
  );
}
