import { type KeyboardEvent, useRef, useState } from 'react';
import type { ApprovalRequest, DecideInput } from '../../../contract/index.ts';
import { useCommand } from '../../app/commands.ts';
import { keyCaps } from '../../app/keys.ts';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import { useArmed } from '../../parts/use-armed.ts';
import { BlockIcon, CheckIcon } from '../../theme/icons.tsx';
import styles from './DecisionBar.module.css';
import { sequenceNames } from './SequenceCard.tsx';

interface DecisionBarProps {
  readonly request: ApprovalRequest;
  onDecided(id: string): void;
}

/** Deny or approve, a statement that waits or the retry of one that was given up. Deny is the strong button; approving takes the mouse or a chord, never a bare Enter or Space. */
export function DecisionBar({ request, onDecided }: DecisionBarProps) {
  const [reason, setReason] = useState('');
  const bar = useRef<HTMLFieldSetElement>(null);
  const decide = useAction('approvals.decide');
  const forRetry = request.retry !== null;
  const sequence = forRetry ? null : request.sequence;
  const [whole, setWhole] = useState(false);
  const [typed, setTyped] = useState('');
  const wholeSequence = whole && sequence !== null;
  // Taking away much of a production database needs more than one click.
  const mustType = wholeSequence && request.environment === 'production' && sequence.kind !== 'migration';
  const confirmed = !mustType || typed.trim() === request.connection;
  const scope = wholeSequence ? sequenceNames[sequence.kind] : null;

  // Another thing to decide under one's hands is another question: the buttons arm anew.
  const { armed, isArmed } = useArmed(`${request.id} ${request.state} ${wholeSequence}`);

  const answer = (action: DecideInput['action']) => {
    if (!isArmed() || decide.isPending || (action === 'approve' && !confirmed)) return;
    const said = reason.trim();
    // The event of the decision may take this bar away before the answer comes, hence the promise and not its callbacks.
    decide
      .mutateAsync({
        id: request.id,
        digest: request.digest,
        action,
        ...(forRetry ? { forRetry } : {}),
        ...(wholeSequence ? { wholeSequence } : {}),
        ...(said === '' ? {} : { reason: said }),
      })
      .then(
        () => onDecided(request.id),
        () => undefined, // shown through decide.error
      );
  };
  useCommand('approval.approve', () => answer('approve'));
  useCommand('approval.deny', () => answer('deny'));
  useCommand('approval.reason', () => bar.current?.querySelector('input')?.focus());

  const leaveReason = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== 'Escape' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault(); // the first Esc leaves the field, the next one denies
    event.target.blur();
  };
  const chordOnly = (event: KeyboardEvent<HTMLElement>) => {
    const chord = event.ctrlKey || event.metaKey;
    if ((event.key === 'Enter' && !chord) || event.key === ' ') event.preventDefault();
  };

  return (
    <fieldset className={styles.bar} ref={bar} aria-label="Decision" data-armed={armed}>
      <ErrorNote error={decide.error} />
      {sequence !== null && (
        <div className={styles.scope} role="radiogroup" aria-label="Decide for">
          <label>
            <input type="radio" name="scope" checked={!whole} onChange={() => setWhole(false)} />
            This statement
          </label>
          <label>
            <input type="radio" name="scope" checked={whole} onChange={() => setWhole(true)} />
            The whole {sequenceNames[sequence.kind]}
          </label>
        </div>
      )}
      {mustType && (
        <TextField
          label={`Type ${request.connection} to approve the whole ${scope} in production`}
          value={typed}
          onChange={setTyped}
        />
      )}
      <div className={styles.row}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: Esc in the field is heard on its way up */}
        <div className={styles.reason} onKeyDown={leaveReason}>
          <TextField
            label="Reason"
            hideLabel
            placeholder="Reason, for the agent (optional)"
            maxLength={500}
            value={reason}
            onChange={setReason}
          />
        </div>
        <Button
          size="large"
          icon={<CheckIcon />}
          className={styles.approve}
          keys={keyCaps('mod+enter')}
          aria-keyshortcuts="Control+Enter Meta+Enter"
          aria-disabled={!armed || !confirmed}
          busy={decide.isPending}
          onKeyDown={chordOnly}
          onKeyUp={chordOnly}
          onClick={() => answer('approve')}
        >
          {scope !== null ? `Approve the ${scope}` : forRetry ? 'Approve for its retry' : 'Approve once'}
        </Button>
        <Button
          size="large"
          variant="solid"
          icon={<BlockIcon />}
          className={styles.deny}
          keys={keyCaps('d')}
          aria-keyshortcuts="D Escape"
          aria-disabled={!armed}
          busy={decide.isPending}
          onClick={() => answer('deny')}
        >
          {scope === null ? 'Deny' : `Deny the ${scope}`}
        </Button>
      </div>
    </fieldset>
  );
}
