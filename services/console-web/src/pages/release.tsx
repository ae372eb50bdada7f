import type { CallerView, CloudEvent, GuardrailView, ReleaseView, SeriesView } from '@parapet/contracts';
import { useEffect, useRef, useState } from 'react';
import type { Client } from '../api/client.js';
import { followEvents } from '../api/event-feed.js';
import { useNow } from '../hooks/use-now.js';
import { type Resource, useResource } from '../hooks/use-resource.js';
import { blameOf } from '../model/attribution.js';
import { addToStory, type StoryEntry } from '../model/story.js';
import { trustOf } from '../model/trust.js';
import { verdictWord, worstFirst } from '../model/words.js';
import { Alerts } from '../parts/alerts.js';
import { Blame } from '../parts/blame.js';
import { GuardrailCard } from '../parts/chart.js';
import { Feedback } from '../parts/feedback.js';
import { Link } from '../parts/link.js';
import { Proposal } from '../parts/proposal.js';
import { StaleBanner, Waiting } from '../parts/status.js';
import { Story } from '../parts/story.js';
import { VerdictHeader } from '../parts/verdict-header.js';

/** Events say that something changed; numbers in between move without one. */
const EVERY_MS = 5_000;
const SERIES_EVERY_MS = 3_000;
/** What guardrails are trusted for changes slowly, and all of them are asked after at once. */
const TRUST_EVERY_MS = 30_000;

interface Props {
  readonly client: Client;
  readonly caller: CallerView;
  readonly id: string;
  readonly onUnauthorized: () => void;
}

/** One release: verdict first, then what a person is asked, the charts, and the story. */
export function Release({ client, caller, id, onUnauthorized }: Props) {
  const release = useResource(id, () => client.release(id), EVERY_MS, onUnauthorized);
  const series = useResource(id, () => client.series(id), SERIES_EVERY_MS, onUnauthorized);
  const proposalId = release.value?.proposal ?? null;
  const proposal = useResource(proposalId, () => client.proposal(proposalId as string), EVERY_MS, onUnauthorized);
  const environment = release.value?.environment ?? null;
  const marks = useResource(id, () => client.marks(id), EVERY_MS, onUnauthorized);
  const guardrails = useResource(id, () => client.guardrails(), TRUST_EVERY_MS, onUnauthorized);
  const alerts = useResource(environment, () => client.alerts(environment as string), EVERY_MS, onUnauthorized);
  const { story, isConnected } = useStory(id, onUnauthorized, () => {
    for (const resource of [release, series, proposal, alerts, marks]) resource.refresh();
  });
  const nowMs = useNow(client);
  const title = release.value === null ? '' : `${verdictWord(release.value.verdict)}: ${release.value.name} – `;
  useEffect(() => {
    document.title = `${title}Parapet`;
  }, [title]);

  if (release.value === null)
    return (
      <main className="page">
        <BackLink />
        <Waiting what="the release" resource={release} />
      </main>
    );
  const blame = blameOf(release.value);
  return (
    <main className="page">
      <BackLink />
      <h1 className="release-name">{release.value.name}</h1>
      <p className="muted release-where">
        {release.value.workload} · {release.value.environment}
      </p>
      <StaleBanner resource={release} isLineDown={!isConnected} />
      <VerdictHeader release={release.value} nowMs={nowMs} />
      {blame === null || blame.isOurs ? null : <Blame blame={blame} />}
      {proposal.value === null ? null : (
        <Proposal
          client={client}
          caller={caller}
          shown={proposal.value}
          nowMs={nowMs}
          onProposal={(next) => {
            proposal.replace(next);
            release.refresh();
          }}
        />
      )}
      {/* What a person is asked comes first; why nobody is asked comes before everything else. */}
      {blame?.isOurs === true ? <Blame blame={blame} /> : null}
      <Alerts
        client={client}
        caller={caller}
        release={id}
        alerts={alerts}
        isPageStale={release.failure !== null || !isConnected}
      />
      <Feedback
        client={client}
        caller={caller}
        release={release.value}
        marks={marks}
        onChange={() => {
          marks.refresh();
          guardrails.refresh();
        }}
      />
      <div className="columns">
        <Charts release={release.value} series={series} guardrails={guardrails.value} nowMs={nowMs} />
        <Story entries={story} nowMs={nowMs} />
      </div>
    </main>
  );
}

function BackLink() {
  return (
    <p className="back">
      <Link to="/">← Releases</Link>
    </p>
  );
}

function Charts({
  release,
  series,
  guardrails,
  nowMs,
}: {
  readonly release: ReleaseView;
  readonly series: Resource<SeriesView>;
  readonly guardrails: readonly GuardrailView[] | null;
  readonly nowMs: number;
}) {
  const measured = series.value?.guardrails ?? [];
  const judged = worstFirst(release.guardrails);
  const names = [...new Set([...judged, ...measured].map(({ name }) => name))];
  return (
    <section className="charts" aria-labelledby="charts-title">
      <h2 id="charts-title">Guardrails</h2>
      {series.value === null ? <Waiting what="the measurements" resource={series} /> : null}
      {series.value !== null && names.length === 0 ? (
        <p className="notice">Judging has not begun: measurements appear once the deployment does.</p>
      ) : null}
      <div className="chart-grid">
        {names.map((name) => (
          <GuardrailCard
            key={name}
            name={name}
            series={measured.find((one) => one.name === name)}
            report={judged.find((one) => one.name === name)}
            startedAt={series.value?.startedAt ?? null}
            nowMs={nowMs}
            trust={trustOf(guardrails, release, name)}
            standing={release.standings?.find((one) => one.guardrail === name)}
          />
        ))}
      </div>
    </section>
  );
}

function useStory(
  release: string,
  onUnauthorized: () => void,
  onChange: () => void,
): { readonly story: readonly StoryEntry[]; readonly isConnected: boolean } {
  const [story, setStory] = useState<readonly StoryEntry[]>([]);
  const [isConnected, setConnected] = useState(true);
  const latest = useRef({ onUnauthorized, onChange });
  latest.current = { onUnauthorized, onChange };

  useEffect(() => {
    setStory([]);
    return followEvents(release, {
      onEvents: (events: readonly CloudEvent[]) => {
        setStory((was) => addToStory(was, events));
        latest.current.onChange();
      },
      onLine: setConnected,
      onUnauthorized: () => latest.current.onUnauthorized(),
    });
  }, [release]);
  return { story, isConnected };
}
