import type { AnswerRequest, CallerView, ProposalView } from '@parapet/contracts';
import { type FormEvent, useState } from 'react';
import { type Client, makeKey, type Revised } from '../api/client.js';
import { RequestFailed } from '../api/problem.js';
import { type Choice, endWords, notUndone } from '../model/answering.js';
import { versions } from '../model/story.js';
import { clockTime, countdown, span } from '../model/time.js';
import { reasonWords, wordsAfterName } from '../model/words.js';
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
          <p className="proposal-headline">{proposal.headline}</p>
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
      {isOpen ? <Answers {...props} isOver={left.isOver} /> : null}
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
              <strong>{report.name}</strong> could not be judged: {reasonWords(report.reason)}.
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
            {step.what}{' '}
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

function Answers({ client, caller, shown, onProposal, nowMs, isOver }: Props & { readonly isOver: boolean }) {
  const { body: proposal } = shown;
  const [choice, setChoice] = useState<Choice | null>(null);
  const [sending, setSending] = useState(false);
  const [error, setError] = useState('');
  const mayRespond = ['responder', 'approver', 'commander'].some((role) => caller.roles.includes(role));
  const { acknowledgement } = proposal;
  const isMine = acknowledgement?.by === caller.subject && !countdown(acknowledgement.until, nowMs).isOver;

  const send = async (answer: AnswerRequest): Promise<boolean> => {
    setSending(true);
    setError('');
    try {
      onProposal(await client.answer(proposal.id, answer, makeKey(), null));
      return true;
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      setError(failure.message);
      return false;
    } finally {
      setSending(false);
    }
  };

  const isOff = isOver || sending;
  return (
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
          disabled={isOff || !mayRespond}
          onClick={() => void send({ answer: isMine ? 'unacknowledge' : 'acknowledge' })}
        >
          {isMine ? 'I am no longer looking at it' : 'I am looking at it'}
        </button>
        <span className="answer-decide">
          <button
            type="button"
            className="button"
            disabled={isOff || !proposal.eligible.may}
            onClick={() => setChoice('reject')}
          >
            Keep the release…
          </button>
          <button
            type="button"
            className="button button-bad"
            disabled={isOff || !proposal.eligible.may}
            onClick={() => setChoice('approve')}
          >
            Roll back…
          </button>
        </span>
      </div>
      {isOver ? <p className="muted">The time to decide is over.</p> : null}
      {!isOver && !proposal.eligible.may ? (
        <p className="muted">You cannot decide here: {proposal.eligible.why ?? 'your role does not allow it'}.</p>
      ) : null}
      {mayRespond ? <Comment onSend={(text) => send({ answer: 'comment', text })} isOff={isOff} /> : null}
      {choice === null ? null : (
        <Confirmation
          client={client}
          choice={choice}
          shown={shown}
          isOver={isOver}
          onClose={() => setChoice(null)}
          onProposal={onProposal}
          target={versions(proposal.previous?.components)}
        />
      )}
    </div>
  );
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
