import type { ProposalView } from '@parapet/contracts';
import { type FormEvent, useRef, useState } from 'react';
import { type Client, makeKey, type Revised } from '../api/client.js';
import { RequestFailed } from '../api/problem.js';
import { answerOf, type Choice, notUndone, type Refusal, refusalOf } from '../model/answering.js';
import { Dialog } from './dialog.js';

interface Props {
  readonly client: Client;
  readonly choice: Choice;
  readonly shown: Revised<ProposalView>;
  /** The versions gone back to, in words. */
  readonly target: string;
  readonly isOver: boolean;
  readonly onClose: () => void;
  readonly onProposal: (proposal: Revised<ProposalView>) => void;
}

/**
 * The second act: names the release and what cannot be undone, takes the reason, and answers exactly what was shown when
 * it opened. If that is no longer how things stand, it shows the difference and asks again.
 */
export function Confirmation({ client, choice, shown, target, isOver, onClose, onProposal }: Props) {
  // What the person saw when choosing, whatever arrives meanwhile.
  const [seen, setSeen] = useState(shown);
  const [reason, setReason] = useState('');
  const [isAgreed, setAgreed] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [sending, setSending] = useState(false);
  // Asked for only where the server says that the sign-in is too old to approve with.
  const [token, setToken] = useState<string | null>(null);
  // One intention, one key: a second press after a lost answer is the same answer.
  const key = useRef(makeKey());

  const proposal = seen.body;
  const { name } = proposal.release;
  const remains = choice === 'approve' ? notUndone(proposal) : [];
  const needsAgreement = remains.length > 0;
  const isReady =
    reason.trim() !== '' &&
    token?.trim() !== '' &&
    (!needsAgreement || isAgreed) &&
    !isOver &&
    !sending &&
    refusal?.kind !== 'ended';

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setSending(true);
    setRefusal(null);
    try {
      if (token !== null) await client.signIn(token.trim());
      onProposal(
        await client.answer(
          proposal.id,
          answerOf(choice, proposal, reason),
          key.current,
          seen.revision ?? `"${proposal.revision}"`,
        ),
      );
      onClose();
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      await refused(failure);
    } finally {
      setSending(false);
    }
  };

  const refused = async (failure: RequestFailed) => {
    if (failure.status === 401) {
      setToken('');
      return setRefusal({ kind: 'refused', words: failure.message });
    }
    const current = failure.status === 0 ? null : await client.proposal(proposal.id).catch(() => null);
    if (current !== null) onProposal(current);
    const next = refusalOf(failure, proposal, current?.body ?? null);
    setRefusal(next);
    // An answer that never arrived keeps its key; a refused one, or one to something else, is a new intention.
    if (failure.status !== 0) key.current = makeKey();
    if (next.kind === 'changed' && current !== null) {
      setSeen(current);
      setAgreed(false);
    }
  };

  return (
    <Dialog title={choice === 'approve' ? `Roll back ${name}` : `Keep ${name}`} onClose={onClose}>
      <form className="confirmation" onSubmit={(event) => void submit(event)}>
        <p>
          {choice === 'approve'
            ? `${target === '' ? 'The release before' : target} will run again in ${proposal.release.environment}.`
            : `${name} stays in ${proposal.release.environment} although its guardrails are in breach. Its verdict stays fail.`}
        </p>
        {remains.length === 0 ? null : (
          <div className="remains">
            <h3>This cannot be undone</h3>
            <ul>
              {remains.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
            <label className="agree">
              <input type="checkbox" checked={isAgreed} onChange={(event) => setAgreed(event.target.checked)} /> I know
              what stays changed.
            </label>
          </div>
        )}
        {refusal === null ? null : <RefusalNotice refusal={refusal} />}
        <label htmlFor="reason">
          Reason <span className="muted">kept with the decision</span>
        </label>
        <textarea
          id="reason"
          rows={3}
          maxLength={2000}
          required
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {token === null ? null : (
          <>
            <label htmlFor="token-again">Sign-in token</label>
            <input
              id="token-again"
              type="password"
              autoComplete="current-password"
              autoFocus
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          </>
        )}
        {isOver ? (
          <p className="error" role="alert">
            The time to decide is over.
          </p>
        ) : null}
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={onClose}>
            {refusal?.kind === 'ended' ? 'Close' : 'Cancel'}
          </button>
          <button
            type="submit"
            className={choice === 'approve' ? 'button button-bad' : 'button button-main'}
            disabled={!isReady}
          >
            {sending ? 'Sending…' : choice === 'approve' ? `Roll back ${name}` : `Keep ${name}`}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function RefusalNotice({ refusal }: { readonly refusal: Refusal }) {
  return (
    <div className="refusal" role="alert">
      <p>
        <strong>{refusal.words}</strong>
      </p>
      {refusal.kind !== 'changed' ? null : refusal.differences.length === 0 ? (
        <p>Please look at the evidence again, then confirm once more.</p>
      ) : (
        <>
          <p>What is different now:</p>
          <ul>
            {refusal.differences.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          <p>Confirm once more if you still want this.</p>
        </>
      )}
    </div>
  );
}
