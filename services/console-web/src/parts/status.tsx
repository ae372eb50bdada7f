import { useNow } from '../hooks/use-now.js';
import type { Resource } from '../hooks/use-resource.js';
import { clockTime, span } from '../model/time.js';

type Fetched = Omit<Resource<unknown>, 'replace'>;

/** This device's clock: an age counts from when we fetched, whatever the server's clock says. */
const DEVICE = { nowMs: () => Date.now() };

/** Says that what is shown is old, how old, and why; nothing while all is well. */
export function StaleBanner({
  resource,
  isLineDown = false,
}: {
  readonly resource: Fetched;
  readonly isLineDown?: boolean;
}) {
  const nowMs = useNow(DEVICE);
  const { failure, fetchedAtMs, value } = resource;
  if (value === null || (failure === null && !isLineDown)) return null;
  const age = nowMs - fetchedAtMs;
  if (failure === null) {
    return (
      <p className="banner" role="status">
        Live updates are interrupted; connecting again. What you see is from {span(age)} ago.
      </p>
    );
  }
  return (
    <p className="banner banner-bad" role="status">
      <strong>
        Last updated {clockTime(fetchedAtMs, true)}, {span(age)} ago.
      </strong>{' '}
      {failure.message}
    </p>
  );
}

/** What stands where nothing has been fetched yet. */
export function Waiting({ what, resource }: { readonly what: string; readonly resource: Fetched }) {
  if (resource.failure !== null) {
    return (
      <div className="notice" role="alert">
        <p>{resource.failure.message}</p>
        <button type="button" className="button" onClick={resource.refresh}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <p className="notice loading" role="status">
      Loading {what}…
    </p>
  );
}
