import type { StoryEntry } from '../model/story.js';
import { clockTime, dayAndTime } from '../model/time.js';

/** What happened to a release, newest first, in words. */
export function Story({ entries, nowMs }: { readonly entries: readonly StoryEntry[]; readonly nowMs: number }) {
  return (
    <section className="story" aria-labelledby="story-title">
      <h2 id="story-title">Story</h2>
      {entries.length === 0 ? <p className="muted">Nothing has happened yet.</p> : null}
      <ol className="story-list" aria-live="polite" aria-relevant="additions">
        {entries.toReversed().map((entry) => (
          <li key={entry.id} className={`story-entry story-${entry.tone}`}>
            <time dateTime={entry.at} title={dayAndTime(entry.at, nowMs)}>
              {clockTime(entry.at, true)}
            </time>
            <div>
              <p className="story-title">{entry.title}</p>
              {entry.details.map((text) => (
                <p key={text} className="story-detail">
                  {text}
                </p>
              ))}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
