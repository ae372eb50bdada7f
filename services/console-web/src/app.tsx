import type { CallerView } from '@parapet/contracts';
import { useEffect, useState } from 'react';
import type { Client } from './api/client.js';
import { RequestFailed } from './api/problem.js';
import { usePlace } from './hooks/use-place.js';
import { ProposalPage } from './pages/proposal.js';
import { Release } from './pages/release.js';
import { Releases } from './pages/releases.js';
import { SignIn } from './pages/sign-in.js';
import { Link } from './parts/link.js';

type Caller =
  | { readonly kind: 'unknown'; readonly failure: string }
  | { readonly kind: 'out' }
  | { readonly kind: 'in'; readonly view: CallerView };

/** The console: who the reader is, and where they are. */
export function App({ client }: { readonly client: Client }) {
  const [caller, setCaller] = useState<Caller>({ kind: 'unknown', failure: '' });
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let isCurrent = true;
    client.me().then(
      (view) => isCurrent && setCaller({ kind: 'in', view }),
      (error: unknown) => {
        if (!isCurrent) return;
        if (error instanceof RequestFailed && error.status === 401) return setCaller({ kind: 'out' });
        setCaller({ kind: 'unknown', failure: error instanceof Error ? error.message : String(error) });
        setTimeout(() => isCurrent && setTries(tries + 1), 3_000);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [client, tries]);

  if (caller.kind === 'unknown')
    return (
      <main className="page">
        {caller.failure === '' ? null : (
          <p className="notice" role="alert">
            {caller.failure}
          </p>
        )}
      </main>
    );
  if (caller.kind === 'out') return <SignIn client={client} onSignedIn={(view) => setCaller({ kind: 'in', view })} />;
  const signOut = () => setCaller({ kind: 'out' });
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" /> Parapet
        </Link>
        <span className="who">
          <span className="muted">{caller.view.tenant}</span> {caller.view.subject}
        </span>
        <button
          type="button"
          className="button button-quiet"
          onClick={() =>
            void client
              .signOut()
              .catch(() => undefined)
              .then(signOut)
          }
        >
          Sign out
        </button>
      </header>
      <div id="content" tabIndex={-1}>
        <Pages client={client} caller={caller.view} onUnauthorized={signOut} />
      </div>
    </>
  );
}

function Pages(props: { readonly client: Client; readonly caller: CallerView; readonly onUnauthorized: () => void }) {
  const place = usePlace();
  useEffect(() => {
    if (place.page !== 'release') document.title = 'Releases – Parapet';
  }, [place.page]);
  switch (place.page) {
    case 'releases':
      return <Releases {...props} />;
    case 'release':
      return <Release key={place.id} {...props} id={place.id} />;
    case 'proposal':
      return <ProposalPage {...props} id={place.id} />;
    case 'nowhere':
      return (
        <main className="page">
          <h1>Nothing is here</h1>
          <p>
            <Link to="/">All releases</Link>
          </p>
        </main>
      );
  }
}
