import { useState } from 'react';
import type { IdentityProviderView, KeychainState, SignInState } from '../../../../contract/index.ts';
import { useAction, useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { CopyButton } from '../../../parts/CopyButton.tsx';
import { CheckField } from '../../../parts/Field.tsx';
import { ago, dateTime, duration } from '../../../parts/format.ts';
import { ErrorNote, InfoNote } from '../../../parts/Notes.tsx';
import { useNow } from '../../../parts/use-now.ts';
import { Visible } from '../../../parts/Visible.tsx';
import own from './Identity.module.css';

interface SignInBoxProps {
  readonly view: IdentityProviderView;
  readonly keychain: KeychainState;
}

/** Your own sign-in at a provider: how it stands, and what begins and ends it. */
export function SignInBox({ view: { config, signIn }, keychain }: SignInBoxProps) {
  const provider = config.name;
  const signOut = useAction('identity.signOut');
  switch (signIn.state) {
    case 'impossible':
      return <p className={own.note}>{signIn.why}</p>;
    case 'signed_out':
      return (
        <SignedOut
          provider={provider}
          why={signIn.why ?? signOut.data?.note ?? null}
          onDevice={config.client?.flow === 'device_code'}
          keychain={keychain}
        />
      );
    case 'waiting':
      return <Waiting provider={provider} signIn={signIn} />;
    case 'signed_in':
      return <SignedIn provider={provider} signIn={signIn} signOut={signOut} />;
  }
}

interface SignedOutProps {
  readonly provider: string;
  readonly why: string | null;
  readonly onDevice: boolean;
  readonly keychain: KeychainState;
}

function SignedOut({ provider, why, onDevice, keychain }: SignedOutProps) {
  const [remember, setRemember] = useState(false);
  const signIn = useAction('identity.signIn');
  const start = (flow: 'authorization_code' | 'device_code') =>
    signIn.mutate({ provider, flow, remember: remember && keychain.available });
  return (
    <div className={own.box}>
      {why !== null && (
        <InfoNote tone="ask">
          <Visible text={why} />
        </InfoNote>
      )}
      <p className={own.note}>
        Sign in, and <code>postern token</code> gets its tokens from here, one at a time, each when you allow it.
      </p>
      {keychain.available ? (
        <CheckField
          label={`Stay signed in after a restart, by the system’s keychain (${keychain.name})`}
          hint="Another program of yours may be able to read it there; macOS asks you first. Without this it is in memory only."
          checked={remember}
          onChange={setRemember}
        />
      ) : (
        <p className={own.note}>{keychain.why}</p>
      )}
      <div className={own.actions}>
        {!onDevice && (
          <Button variant="accent" busy={signIn.isPending} onClick={() => start('authorization_code')}>
            Sign in
          </Button>
        )}
        <Button variant={onDevice ? 'accent' : 'normal'} busy={signIn.isPending} onClick={() => start('device_code')}>
          Sign in on another device
        </Button>
      </div>
      <ErrorNote error={signIn.error} />
    </div>
  );
}

function Waiting({
  provider,
  signIn,
}: {
  readonly provider: string;
  readonly signIn: Extract<SignInState, { state: 'waiting' }>;
}) {
  const cancel = useAction('identity.cancelSignIn');
  // The window of the desktop app opens no other page.
  const linkable = useCall('desk.overview', {}).data?.host === 'headless';
  const now = useNow(1000);
  const { url, userCode, opened, deadlineAt } = signIn;
  return (
    <div className={own.box} role="status">
      {url === null && <p>Asking {provider}…</p>}
      {url !== null && userCode === null && (
        <p>
          {opened ? 'Sign in in the browser that has opened. If none has: ' : 'Sign in in this browser: '}
          {opened ? null : (
            <a href={url} target="_blank" rel="noopener noreferrer">
              Open the sign-in of {provider}
            </a>
          )}
          <CopyButton text={url} label="Copy address" />
        </p>
      )}
      {url !== null && userCode !== null && (
        <p>
          On any device, open{' '}
          {linkable ? (
            <a href={url} target="_blank" rel="noopener noreferrer">
              <Visible text={url} />
            </a>
          ) : (
            <Visible text={url} />
          )}{' '}
          and enter the code <strong className={own.code}>{userCode}</strong>{' '}
          <CopyButton text={url} label="Copy address" />
        </p>
      )}
      <div className={own.actions}>
        <span className={own.note}>Waits for {duration(Math.max(0, deadlineAt - now))} more.</span>
        <Button size="small" busy={cancel.isPending} onClick={() => cancel.mutate({ provider })}>
          Cancel
        </Button>
      </div>
      <ErrorNote error={cancel.error} />
    </div>
  );
}

interface SignedInProps {
  readonly provider: string;
  readonly signIn: Extract<SignInState, { state: 'signed_in' }>;
  /** Its outcome is told where the sign-in was, after this is gone. */
  readonly signOut: ReturnType<typeof useAction<'identity.signOut'>>;
}

function SignedIn({ provider, signIn, signOut }: SignedInProps) {
  const now = useNow(15_000);
  const { subject, agent, groups, connections, since, kept, endsAt } = signIn;
  return (
    <div className={own.box}>
      <p>
        Signed in as{' '}
        <strong>
          <Visible text={subject} />
        </strong>{' '}
        with the program <Visible text={agent} />, {ago(since, now)}. Groups:{' '}
        <Visible text={groups.join(', ') || 'none'} />. Opens {connections.join(', ')}.
      </p>
      <p className={own.note}>
        {endsAt === null
          ? 'It renews itself.'
          : `It ends at ${dateTime(endsAt)}: the provider gave no refresh token. A scope such as offline_access may ask for one.`}{' '}
        {kept === 'keychain' ? 'Kept in the system’s keychain.' : 'In memory only, until Postern ends.'}
      </p>
      <div className={own.actions}>
        <Button size="small" busy={signOut.isPending} onClick={() => signOut.mutate({ provider })}>
          Sign out
        </Button>
      </div>
      <ErrorNote error={signOut.error} />
    </div>
  );
}
