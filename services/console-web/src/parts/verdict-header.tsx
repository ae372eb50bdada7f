import type { ReleaseView } from '@parapet/contracts';
import type { ReactNode } from 'react';
import { versions } from '../model/story.js';
import { ago, clockTime } from '../model/time.js';
import { outcomeWords, phaseWord, verdictSentence, verdictWord } from '../model/words.js';
import { VerdictIcon } from './icon.js';
import { Link, OutsideLink } from './link.js';

const REVERSIBLE = {
  yes: 'Can be undone',
  partly: 'Can partly be undone',
  no: 'Cannot be undone',
  unknown: 'Nobody said whether it can be undone',
} as const;

/** The first thing on a release's page: its verdict, why, and what runs. */
export function VerdictHeader({ release, nowMs }: { readonly release: ReleaseView; readonly nowMs: number }) {
  const outcome = outcomeWords(release);
  return (
    <section className={`card verdict edge-${release.verdict}`} aria-labelledby="verdict-word">
      <div className="verdict-main">
        <VerdictIcon kind={release.verdict} className="icon-large" />
        <div>
          <p id="verdict-word" className={`verdict-word text-${release.verdict}`}>
            {verdictWord(release.verdict)}
            {release.final ? <span className="tag">final</span> : null}
          </p>
          <p className="verdict-sentence">{verdictSentence(release)}</p>
          {release.verdict === 'inconclusive' && release.advice !== undefined ? (
            <p className="advice">
              <strong>What to do:</strong> {release.advice}
            </p>
          ) : null}
          {outcome === null ? null : <p className={`verdict-outcome ${outcomeTone(release.rollback)}`}>{outcome}</p>}
        </div>
      </div>
      <dl className="facts">
        <Fact term="Phase">{phaseWithTime(release, nowMs)}</Fact>
        <Fact term="This release">{versions(release.components)}</Fact>
        <Fact term={release.phase === 'rolled-back' ? 'Went back to' : 'Would go back to'}>
          {release.previous === null ? (
            'Nothing: no earlier release has passed'
          ) : (
            <Link to={`/releases/${release.previous.release}`}>
              {versions(release.previous.components) || 'the release before'}
            </Link>
          )}
        </Fact>
        <Fact term="Risk">{`${release.criticality[0]?.toUpperCase()}${release.criticality.slice(1)} criticality · ${REVERSIBLE[release.reversibility].toLowerCase()}`}</Fact>
        {release.startedBy === undefined ? null : <Fact term="Started by">{release.startedBy}</Fact>}
        {release.links === undefined || release.links.length === 0 ? null : (
          <Fact term="Links">
            {release.links.map((link) => (
              <span key={link.href + link.title} className="outside">
                <OutsideLink {...link} />
              </span>
            ))}
          </Fact>
        )}
      </dl>
    </section>
  );
}

function phaseWithTime(release: ReleaseView, nowMs: number): string {
  const { phase, registeredAt, startedAt, liveAt } = release;
  const at =
    phase === 'live' ? liveAt : phase === 'deploying' ? startedAt : phase === 'registered' ? registeredAt : null;
  const word = phaseWord(phase);
  return at === null ? word : `${word} since ${clockTime(at)}, ${ago(at, nowMs)}`;
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Whether what was done about it went well, as a colour; a word always says it too. */
function outcomeTone(rollback: ReleaseView['rollback']): string {
  if (rollback === 'verified') return 'text-pass';
  return rollback === 'failed' || rollback === 'unknown' || rollback === 'not-verified' ? 'text-fail' : '';
}
