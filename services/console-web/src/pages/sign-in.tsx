import type { CallerView } from '@parapet/contracts';
import { type FormEvent, useState } from 'react';
import type { Client } from '../api/client.js';
import { RequestFailed } from '../api/problem.js';

/** Asks for a token, and returns to the page that was asked for. */
export function SignIn({
  client,
  onSignedIn,
}: {
  readonly client: Client;
  readonly onSignedIn: (caller: CallerView) => void;
}) {
  const [token, setToken] = useState('');
  const [error, setError] = useState('');
  const [sending, setSending] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError('');
    try {
      onSignedIn(await client.signIn(token.trim()));
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      setError(failure.status === 401 ? 'This token is not known here. Was it copied whole?' : failure.message);
      setSending(false);
    }
  };

  return (
    <main className="sign-in">
      <form className="card" onSubmit={(event) => void submit(event)}>
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>Parapet</h1>
        <p className="muted">The guardrail along a software release.</p>
        <label htmlFor="token">Sign-in token</label>
        <input
          id="token"
          type="password"
          autoComplete="current-password"
          autoFocus
          required
          spellCheck={false}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        {error === '' ? null : (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" className="button button-main" disabled={sending || token.trim() === ''}>
          {sending ? 'Signing in…' : 'Sign in'}
        </button>
        <p className="muted small">
          It begins with <code>ppt_</code>. Whoever started this system has it: the demo prints one, otherwise ask for
          one in your tenant's configuration.
        </p>
      </form>
    </main>
  );
}
