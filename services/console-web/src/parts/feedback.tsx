import type { CallerView, MarkView, ReleaseView } from '@parapet/contracts';
import { type FormEvent, useRef, useState } from 'react';
import { type Client, makeKey } from '../api/client.js';
import { RequestFailed } from '../api/problem.js';
import type { Resource } from '../hooks/use-resource.js';
import { rightsOf } from '../model/answering.js';
import { markSentence } from '../model/trust.js';

interface Props {
  readonly client: Client;
  readonly caller: CallerView;
  readonly release: ReleaseView;
  readonly marks: Resource<readonly MarkView[]>;
  readonly onChange: () => void;
}

/** Was this right? People's words make the precision of guardrails, so they are asked for where the verdict is read. */
export function Feedback({ client, caller, release, marks, onChange }: Props) {
  const given = marks.value ?? [];
  const mayMark = rightsOf(caller).respond && release.verdictSequence !== undefined && release.verdict !== 'pending';
  if (!mayMark && given.length === 0) return null;
  return (
    <section className="card feedback" aria-labelledby="feedback-title">
      <h2 id="feedback-title">Was this right?</h2>
      {mayMark ? <MarkForm client={client} release={release} onChange={onChange} /> : null}
      {given.length === 0 ? null : (
        <ul className="marks">
          {given.map((mark) => (
            <li key={`${mark.verdict} ${mark.guardrail ?? ''} ${mark.by}`}>
              <strong>{markSentence(mark)}</strong> <span className="muted">“{mark.reason}”</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function MarkForm({ client, release, onChange }: Pick<Props, 'client' | 'release' | 'onChange'>) {
  const [right, setRight] = useState<boolean | null>(null);
  const [guardrail, setGuardrail] = useState('');
  const [reason, setReason] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  // The verdict that was on the page when the person began: a newer one is another question.
  const [verdict, setVerdict] = useState(release.verdictSequence);
  // One intention, one key: a second press after a lost answer is the same word.
  const key = useRef(makeKey());
  const isReady = right !== null && verdict !== undefined && reason.trim() !== '' && !sending;
  const choose = (choice: boolean) => () => {
    if (right === null) setVerdict(release.verdictSequence);
    setRight(choice);
    key.current = makeKey();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setSending(true);
    setRefusal(null);
    try {
      const word = { verdict, right, reason: reason.trim(), ...(guardrail === '' ? {} : { guardrail }) };
      await client.mark(release.id, word, key.current);
      setRight(null);
      setReason('');
      setGuardrail('');
      key.current = makeKey();
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      setRefusal(failure.message);
      if (failure.status !== 0) key.current = makeKey();
    } finally {
      setSending(false);
      onChange();
    }
  };
  return (
    <form className="mark" onSubmit={(event) => void submit(event)}>
      <div className="mark-buttons" role="group" aria-label={`The verdict ${release.verdict}`}>
        <button type="button" className="button" aria-pressed={right === true} onClick={choose(true)}>
          Right
        </button>
        <button type="button" className="button" aria-pressed={right === false} onClick={choose(false)}>
          Wrong
        </button>
      </div>
      {right === null ? (
        <p className="muted">
          Your word makes the precision of the guardrails; one that is often wrong may no longer act.
        </p>
      ) : (
        <>
          <label htmlFor="mark-of">About</label>
          <select
            id="mark-of"
            value={guardrail}
            onChange={(event) => {
              setGuardrail(event.target.value);
              key.current = makeKey();
            }}
          >
            <option value="">the whole verdict</option>
            {release.guardrails.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <label htmlFor="mark-reason">
            Why it was {right ? 'right' : 'wrong'} <span className="muted">kept in the audit log</span>
          </label>
          <textarea
            id="mark-reason"
            rows={2}
            maxLength={2000}
            required
            value={reason}
            onChange={(event) => {
              setReason(event.target.value);
              key.current = makeKey();
            }}
          />
          {refusal === null ? null : (
            <div className="refusal" role="alert">
              <p>
                <strong>{refusal}</strong>
              </p>
            </div>
          )}
          <div className="dialog-buttons">
            <button type="button" className="button" onClick={() => setRight(null)}>
              Cancel
            </button>
            <button type="submit" className="button button-main" disabled={!isReady}>
              {sending ? 'Sending…' : `Mark it ${right ? 'right' : 'wrong'}`}
            </button>
          </div>
        </>
      )}
    </form>
  );
}
