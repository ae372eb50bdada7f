import type { Page, ReleaseView } from '@parapet/contracts';
import type { VerdictKind } from '@parapet/guardrails';
import { useState } from 'react';
import type { Client } from '../api/client.js';
import { useNow } from '../hooks/use-now.js';
import { go } from '../hooks/use-place.js';
import { useResource } from '../hooks/use-resource.js';
import { filterOf, matches, type ReleaseFilter, searchOf } from '../model/filter.js';
import { versions } from '../model/story.js';
import { ago } from '../model/time.js';
import { outcomeWords, phaseWord, verdictSentence, verdictWord } from '../model/words.js';
import { VerdictIcon } from '../parts/icon.js';
import { Link } from '../parts/link.js';
import { StaleBanner, Waiting } from '../parts/status.js';

const EVERY_MS = 3_000;
const VERDICTS: readonly VerdictKind[] = ['fail', 'inconclusive', 'pending', 'pass'];

/** All releases, newest first, filtered by the address. */
export function Releases({ client, onUnauthorized }: { readonly client: Client; readonly onUnauthorized: () => void }) {
  const [pages, setPages] = useState(1);
  const list = useResource('releases', () => firstPages(client, pages), EVERY_MS, onUnauthorized);
  const [filter, setFilter] = useState(() => filterOf(window.location.search));
  const nowMs = useNow(client);
  const change = (next: ReleaseFilter) => {
    setFilter(next);
    go(`/${searchOf(next)}`, true);
  };

  if (list.value === null)
    return (
      <main className="page">
        <h1>Releases</h1>
        <Waiting what="releases" resource={list} />
      </main>
    );
  const { items, next } = list.value;
  const shown = items.filter((release) => matches(release, filter));
  return (
    <main className="page">
      <h1>Releases</h1>
      <StaleBanner resource={list} />
      {items.length === 0 ? (
        <FirstRelease />
      ) : (
        <>
          <Filters filter={filter} items={items} onChange={change} />
          <ul className="releases">
            {shown.map((release) => (
              <Row key={release.id} release={release} nowMs={nowMs} />
            ))}
          </ul>
          {shown.length > 0 ? null : (
            <div className="notice">
              <p>None of these {items.length} releases fits the filter.</p>
              <button
                type="button"
                className="button"
                onClick={() => change({ text: '', verdict: null, environment: null })}
              >
                Show all
              </button>
            </div>
          )}
          {next === null ? null : (
            <button
              type="button"
              className="button more"
              onClick={() => {
                setPages(pages + 1);
                setTimeout(list.refresh);
              }}
            >
              Show older ones
            </button>
          )}
        </>
      )}
    </main>
  );
}

async function firstPages(client: Client, count: number): Promise<Page<ReleaseView>> {
  let page = await client.releases(null);
  let items = page.items;
  for (let i = 1; i < count && page.next !== null; i++) {
    page = await client.releases(page.next);
    items = [...items, ...page.items];
  }
  return { items, next: page.next };
}

function Filters({
  filter,
  items,
  onChange,
}: {
  readonly filter: ReleaseFilter;
  readonly items: readonly ReleaseView[];
  readonly onChange: (filter: ReleaseFilter) => void;
}) {
  const environments = [...new Set(items.map(({ environment }) => environment))].sort();
  return (
    <search className="filters">
      <input
        type="search"
        aria-label="Find releases"
        placeholder="Find by name, version, workload"
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.target.value })}
      />
      <div className="chips" role="group" aria-label="Verdict">
        {VERDICTS.map((kind) => {
          const isOn = filter.verdict === kind;
          return (
            <button
              key={kind}
              type="button"
              className="chip"
              aria-pressed={isOn}
              onClick={() => onChange({ ...filter, verdict: isOn ? null : kind })}
            >
              <VerdictIcon kind={kind} /> {verdictWord(kind)}{' '}
              <span className="muted">{items.filter((release) => release.verdict === kind).length}</span>
            </button>
          );
        })}
      </div>
      {environments.length < 2 ? null : (
        <select
          aria-label="Environment"
          value={filter.environment ?? ''}
          onChange={(event) =>
            onChange({ ...filter, environment: event.target.value === '' ? null : event.target.value })
          }
        >
          <option value="">All environments</option>
          {environments.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </search>
  );
}

function Row({ release, nowMs }: { readonly release: ReleaseView; readonly nowMs: number }) {
  const outcome = outcomeWords(release);
  const needsPerson =
    release.decision === 'propose' &&
    release.rollback === null &&
    release.proposal !== null &&
    release.phase !== 'finished' &&
    release.phase !== 'rolled-back';
  return (
    <li>
      <Link to={`/releases/${release.id}`} className={`row edge-${release.verdict}`}>
        <span className="row-verdict">
          <VerdictIcon kind={release.verdict} />{' '}
          <span className={`text-${release.verdict}`}>{verdictWord(release.verdict)}</span>
        </span>
        <span className="row-name">
          <strong>{release.name}</strong>
          <span className="muted">
            {release.workload} · {release.environment} · {versions(release.components)}
          </span>
        </span>
        <span className="row-why">{verdictSentence(release)}</span>
        <span className="row-state">
          {needsPerson ? (
            <span className="tag tag-act">Proposal</span>
          ) : outcome === null ? (
            phaseWord(release.phase)
          ) : (
            outcome
          )}
          <span className="muted">{ago(release.startedAt ?? release.registeredAt, nowMs)}</span>
        </span>
      </Link>
    </li>
  );
}

function FirstRelease() {
  return (
    <section className="card first">
      <h2>No release yet</h2>
      <p>
        Tell Parapet about a release when its deployment begins, and again when it is live. It appears here at once, is
        judged while it is watched, and is rolled back, or proposed to be, if it makes things worse.
      </p>
      <h3>In a pipeline or a terminal</h3>
      <pre>
        <code>{START_COMMAND}</code>
      </pre>
      <p className="muted">
        Workload, environment and components are those of your configuration. <code>parapet release watch</code> then
        ends 0 for pass, 1 for fail and 2 for inconclusive.
      </p>
    </section>
  );
}

const START_COMMAND = `parapet release start --name "$TAG" --workload odoo-retail \\
  --environment production --component odoo-web="$TAG" --deploying
./deploy.sh && parapet release phase "$TAG" live --environment production
parapet release watch "$TAG" --environment production`;
