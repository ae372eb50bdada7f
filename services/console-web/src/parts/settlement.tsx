import type { AlertEpisodeView, SettleAlertRequest } from '@parapet/contracts';
import { type FormEvent, useRef, useState } from 'react';
import { type Client, makeKey } from '../api/client.js';
import { RequestFailed } from '../api/problem.js';
import { stateSentence } from '../model/alerts.js';
import { Dialog } from './dialog.js';

interface Props {
  readonly client: Client;
  /** The episode as it was when the person chose to settle it. */
  readonly shown: AlertEpisodeView;
  readonly onClose: () => void;
  readonly onChange: () => void;
}

/** The second act of settling a doubt: how the alert stands, and why. Neither is preset. */
export function Settlement({ client, shown, onClose, onChange }: Props) {
  const [as, setAs] = useState<SettleAlertRequest['as'] | null>(null);
  const [reason, setReason] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  // One intention, one key: a second press after a lost answer is the same word.
  const key = useRef(makeKey());
  const isReady = as !== null && reason.trim() !== '' && !sending;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setSending(true);
    setRefusal(null);
    try {
      await client.settle(shown, { episode: shown.episode, as, reason: reason.trim() }, key.current);
      onChange();
      onClose();
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) throw failure;
      setRefusal(failure.message);
      if (failure.status !== 0) key.current = makeKey();
      onChange();
    } finally {
      setSending(false);
    }
  };
  // What was chosen is said again beside the button; another choice is another word.
  const choose = (choice: SettleAlertRequest['as']) => () => {
    if (choice !== as) key.current = makeKey();
    setAs(choice);
  };
  const name = as === null ? 'Settle' : as === 'resolved' ? `${shown.name} is over` : `${shown.name} fires`;

  return (
    <Dialog title={`Settle ${shown.name}`} onClose={onClose}>
      <form className="confirmation" onSubmit={(event) => void submit(event)}>
        <p>{stateSentence(shown)}</p>
        <fieldset className="choices">
          <legend>How does it stand?</legend>
          <label className="agree">
            <input type="radio" name="as" checked={as === 'resolved'} onChange={choose('resolved')} autoFocus /> It is
            over
          </label>
          <label className="agree">
            <input type="radio" name="as" checked={as === 'firing'} onChange={choose('firing')} /> It fires
          </label>
        </fieldset>
        {refusal === null ? null : (
          <div className="refusal" role="alert">
            <p>
              <strong>{refusal}</strong>
            </p>
          </div>
        )}
        <label htmlFor="settle-reason">
          Reason <span className="muted">kept in the audit log and with the verdict</span>
        </label>
        <textarea
          id="settle-reason"
          rows={3}
          maxLength={2000}
          required
          value={reason}
          onChange={(event) => {
            setReason(event.target.value);
            key.current = makeKey();
          }}
        />
        <p className="muted">What its sender says later still counts.</p>
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-main" disabled={!isReady}>
            {sending ? 'Sending…' : name}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
