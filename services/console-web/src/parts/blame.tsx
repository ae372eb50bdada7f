import type { Blame as Shown } from '../model/attribution.js';
import { clockTime } from '../model/time.js';
import { Link } from './link.js';

/** Whose doing it is: whom the verdict blames, and every other cause that was considered with what was found. */
export function Blame({ blame }: { readonly blame: Shown }) {
  return (
    <section className={`card blame edge-${blame.tone}`} aria-labelledby="blame-title">
      <h2 id="blame-title">{blame.title}</h2>
      <p className="blame-sentence">
        {blame.sentence}
        {blame.onset === null ? null : (
          <span className="muted"> Began at {clockTime(blame.onset)}, as far as can be told.</span>
        )}
        {blame.blamedPath === null ? null : (
          <>
            {' '}
            <Link to={blame.blamedPath}>See the release that is blamed</Link>
          </>
        )}
      </p>
      {blame.considered.length === 0 ? null : (
        <>
          <h3>Other causes that were considered</h3>
          <ul className="considered">
            {blame.considered.map((one) => (
              <li key={one.what + one.words}>
                <span className={`finding finding-${one.finding}`}>{one.findingWord}</span>
                <span>
                  <strong>{one.what}:</strong> {one.words}
                  {one.path === null ? null : (
                    <>
                      {' '}
                      <Link to={one.path}>See it</Link>
                    </>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
