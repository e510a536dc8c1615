import { useState } from 'react';
import type { TokenTrial } from '../../../../contract/index.ts';
import { useAction } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { cx } from '../../../parts/cx.ts';
import { Dialog } from '../../../parts/Dialog.tsx';
import { Field } from '../../../parts/Field.tsx';
import { dateTime } from '../../../parts/format.ts';
import { ErrorNote, InfoNote } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import styles from '../ConnectionDialog.module.css';
import { scopeWords } from './GrantFields.tsx';
import own from './Identity.module.css';

/** Shows what the gate makes of a token that somebody could not get in with, or is about to. */
export function TryTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const [token, setToken] = useState('');
  const trial = useAction('identity.tryToken');
  const run = () => token.trim() !== '' && trial.mutate({ token: token.trim() });
  return (
    <Dialog
      title="Try a token"
      width="wide"
      onClose={onClose}
      footer={
        <Button variant="accent" busy={trial.isPending} disabled={token.trim() === ''} onClick={run}>
          Try
        </Button>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Field
          label="Access token"
          hint="Looked at in memory and forgotten: it is not kept, not recorded and not sent anywhere. The provider is asked for its keys."
        >
          {({ className, ...attributes }) => (
            <textarea
              {...attributes}
              data-first-focus
              className={cx(className, styles.mono)}
              rows={4}
              spellCheck={false}
              autoComplete="off"
              value={token}
              onChange={(event) => {
                setToken(event.target.value);
                trial.reset();
              }}
            />
          )}
        </Field>
        <button type="submit" hidden>
          Try
        </button>
      </form>
      <div className={styles.result} role="status">
        <ErrorNote error={trial.error} />
        {trial.data && <Outcome trial={trial.data} />}
      </div>
    </Dialog>
  );
}

function Outcome({ trial: { refusal, identity, claims } }: { readonly trial: TokenTrial }) {
  return (
    <>
      {refusal !== null && (
        <InfoNote tone="error">
          <strong>It is refused:</strong> <Visible text={refusal} />. The agent hears none of this.
        </InfoNote>
      )}
      {identity !== null && (
        <>
          <InfoNote tone="allow">
            <strong>It is taken.</strong> Its session would end at {dateTime(identity.expiresAt)}.
          </InfoNote>
          <dl className={own.claims} aria-label="Who it is">
            <Fact name="subject" value={identity.subject} />
            <Fact name="agent" value={identity.agent} />
            <Fact name="groups" value={identity.groups.join(', ') || 'none'} />
            {identity.connections.map(({ name, grant, scope }) => (
              <Fact key={name} name={name} value={`by grant ${grant}: ${scopeWords(scope)}`} />
            ))}
          </dl>
        </>
      )}
      {claims.length > 0 && (
        <>
          <p className={styles.accepted}>
            {refusal === null ? 'What it says of itself' : 'What it says of itself; nothing of it is proven'}
          </p>
          <dl className={own.claims} aria-label="Claims">
            {claims.map(({ name, value }) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
        </>
      )}
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>
        <Visible text={name} />
      </dt>
      <dd>
        <Visible text={value} />
      </dd>
    </div>
  );
}
