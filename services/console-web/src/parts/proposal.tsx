import type { AnswerRequest, CallerView, ProposalView } from '@parapet/contracts';
import { type FormEvent, useRef, useState } from 'react';
import { type Client, makeKey, type Revised } from '../api/client.js';
import { RequestFailed } from '../api/problem.js';
import { type Choice, endWords, ineligibleWords, notUndone, rightsOf } from '../model/answering.js';
import { versions } from '../model/story.js';
import { clockTime, countdown, span } from '../model/time.js';
import { capital, reasonWords, unbroken, wordsAfterName } from '../model/words.js';
import { Confirmation } from './confirmation.js';
import { VerdictIcon } from './icon.js';

interface Props {
  readonly client: Client;
  readonly caller: CallerView;
  readonly shown: Revised<ProposalView>;
  readonly nowMs: number;
  readonly onProposal: (proposal: Revised<ProposalView>) => void;
}

/** A rollback that waits for a person: why, what it would do, what happens if nobody answers, and the answers. */
export function Proposal(props: Props) {
  const { body: proposal } = props.shown;
  const [choice, setChoice] = useState<Choice | null>(null);
  const isOpen = proposal.state === 'open';
  const left = countdown(proposal.expiresAt, props.nowMs);
  return (
    <section
      id="proposal"
      className={`card proposal ${isOpen && !left.isOver ? 'proposal-open' : 'proposal-ended'}`}
      aria-labelledby="proposal-title"
    >
      <header className="proposal-head">
        <div>
          <h2 id="proposal-title">{isOpen ? 'Roll back?' : 'Rollback proposal'}</h2>
          <p className="proposal-headline">{unbroken(proposal.headline)}</p>
          {proposal.recovering && isOpen ? <p className="tag tag-doubt">The guardrails seem to recover</p> : null}
        </div>
        {isOpen ? (
          <p className={`countdown ${left.isUrgent ? 'countdown-urgent' : ''}`}>
            <span className="countdown-left" role="timer">
              {left.text}
            </span>
            <span className="muted">{left.isOver ? 'time is over' : 'left to decide'}</span>
          </p>
        ) : null}
      </header>
      {isOpen ? null : <p className="ended">{endWords(proposal)}</p>}
      <Reasons proposal={proposal} />
      <Plan proposal={proposal} />
      {isOpen ? <p className="if-nothing">{proposal.ifNothing}</p> : null}
      <People proposal={proposal} nowMs={props.nowMs} />
      {isOpen ? <Answers {...props} isOver={left.isOver} onChoose={setChoice} /> : null}
      {/* Outlives the proposal's end: who is confirming must read how it ended. */}
      {choice === null ? null : (
        <Confirmation
          client={props.client}
          choice={choice}
          shown={props.shown}
          isOver={isOpen && left.isOver}
          onClose={() => setChoice(null)}
          onProposal={props.onProposal}
          target={versions(proposal.previous?.components)}
        />
      )}
    </section>
  );
}

function Reasons({ proposal }: { readonly proposal: ProposalView }) {
  const { evidence, passing, unknown } = proposal;
  return (
    <div className="reasons">
      <h3>Why</h3>
      <ul className="reason-list">
        {evidence.map((report) => (
          <li key={report.name}>
            <VerdictIcon kind="breach" />
            <span>
              <strong>{report.name}</strong> {wordsAfterName(report)}
            </span>
          </li>
        ))}
        {unknown.map((report) => (
          <li key={report.name}>
            <VerdictIcon kind="inconclusive" />
            <span>
              <strong>{report.name}</strong>{' '}
              {report.reason === undefined
                ? 'had not been judged yet.'
                : `could not be judged: ${reasonWords(report.reason)}.`}
              {report.advice === undefined ? null : <span className="muted"> {report.advice}</span>}
            </span>
          </li>
        ))}
        {passing.length === 0 ? null : (
          <li>
            <VerdictIcon kind="pass" />
            <span>
              Against it: {passing.map(({ name }) => name).join(', ')} {passing.length === 1 ? 'holds' : 'hold'}.
            </span>
          </li>
        )}
      </ul>
    </div>
  );
}

function Plan({ proposal }: { readonly proposal: ProposalView }) {
  const remains = notUndone(proposal);
  return (
    <div className="plan">
      <h3>What would be done</h3>
      <ol>
        {proposal.plan.steps.map((step) => (
          <li key={step.what + step.target}>
            {capital(step.what)}{' '}
            <span className="muted">
              on {step.target}
              {step.seconds === undefined ? '' : `, about ${span(step.seconds * 1000)}`}
              {step.reversible === 'yes'
                ? ''
                : `, ${step.reversible === 'no' ? 'cannot be undone' : 'can partly be undone'}`}
            </span>
            {step.needs === undefined ? null : <span className="muted"> · needs {step.needs}</span>}
          </li>
        ))}
      </ol>
      {remains.length === 0 ? null : (
        <div className="remains">
          <h4>What this does not undo</h4>
          <ul>
            {remains.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </div>
      )}
      {proposal.alternatives.length === 0 ? null : (
        <details className="alternatives">
          <summary>Instead of going back</summary>
          <ul>
            {proposal.alternatives.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function People({ proposal, nowMs }: { readonly proposal: ProposalView; readonly nowMs: number }) {
  const { acknowledgement, approvals, approvalsNeeded, comments } = proposal;
  const isHeld = acknowledgement !== null && !countdown(acknowledgement.until, nowMs).isOver;
  const isOpen = proposal.state === 'open';
  return (
    <div className="people">
      {isOpen ? (
        <p>
          <span className={`presence ${isHeld ? 'presence-on' : ''}`} aria-hidden="true" />
          {isHeld && acknowledgement !== null
            ? `${acknowledgement.by} is looking at it, until ${clockTime(acknowledgement.until)}.`
            : 'Nobody has said that they are looking at it.'}
          {approvalsNeeded > 1 ? ` ${approvals.length} of ${approvalsNeeded} approvals.` : ''}
        </p>
      ) : null}
      {approvals.map((approval) => (
        <p key={approval.by} className="remark">
          <strong>{approval.by}</strong> approved at {clockTime(approval.at)}: “{approval.reason}”
        </p>
      ))}
      {comments.map((comment) => (
        <p key={comment.at + comment.by} className="remark">
          <strong>{comment.by}</strong> <span className="muted">{clockTime(comment.at)}</span> {comment.text}
        </p>
      ))}
    </div>
  );
}

function Answers({
  client,
  caller,
  shown,
  onProposal,
  nowMs,
  isOver,
  onChoose,
}: Props & { readonly isOver: boolean; readonly onChoose: (choice: Choice) => void }) {
  const { body: proposal } = shown;
  const { send, isSending, error } = useSending(client, proposal.id, onProposal);
  const { acknowledgement, eligible } = proposal;
  const isMine = acknowledgement?.by === caller.subject && !countdown(acknowledgement.until, nowMs).isOver;
  const isOff = isOver || isSending;
  const isAllowed = rightsOf(caller);

  return (
    <>
      {isAllowed.respond ? <Comment onSend={(text) => send({ answer: 'comment', text })} isOff={isOff} /> : null}
      <div className="answers">
        {error === '' ? null : (
          <p className="error" role="alert">
            {error}
          </p>
        )}
        <div className="answer-buttons">
          <button
            type="button"
            className="button"
            disabled={isOff || !isAllowed.respond}
            onClick={() => void send({ answer: isMine ? 'unacknowledge' : 'acknowledge' })}
          >
            {isMine ? 'I am no longer looking at it' : 'I am looking at it'}
          </button>
          <span className="answer-decide">
            <button
              type="button"
              className="button"
              disabled={isOff || !isAllowed.decide}
              onClick={() => onChoose('reject')}
            >
              Keep it…
            </button>
            <button
              type="button"
              className="button button-bad"
              disabled={isOff || !eligible.may}
              onClick={() => onChoose('approve')}
            >
              Roll back…
            </button>
          </span>
        </div>
        {isOver ? <p className="muted">The time to decide is over.</p> : null}
        {isOver || eligible.may ? null : <p className="muted">{ineligibleWords(eligible.why)}</p>}
      </div>
    </>
  );
}

/** Sends answers that take one act; an answer that may have been lost goes again under the key it had. */
function useSending(client: Client, id: string, onProposal: Props['onProposal']) {
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState('');
  const lost = useRef<{ readonly text: string; readonly key: string } | null>(null);

  const send = async (answer: AnswerRequest): Promise<boolean> => {
    const text = JSON.stringify(answer);
    const key = lost.current?.text === text ? lost.current.key : makeKey();
    setSending(true);
    setError('');
    try {
      onProposal(await client.answer(id, answer, key, null));
      lost.current = null;
      return true;
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      lost.current = failure.status === 0 ? { text, key } : null;
      setError(failure.message);
      return false;
    } finally {
      setSending(false);
    }
  };
  return { send, isSending, error };
}

function Comment({ onSend, isOff }: { readonly onSend: (text: string) => Promise<boolean>; readonly isOff: boolean }) {
  const [text, setText] = useState('');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '' && (await onSend(text.trim()))) setText('');
  };
  return (
    <form className="comment" onSubmit={(event) => void submit(event)}>
      <label htmlFor="comment">Comment</label>
      <input
        id="comment"
        value={text}
        maxLength={2000}
        autoComplete="off"
        placeholder="What do you see?"
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button" disabled={isOff || text.trim() === ''}>
        Send
      </button>
    </form>
  );
}
