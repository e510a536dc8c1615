import type { ReactNode } from 'react';
import { useCall } from '../../data/query.ts';
import { AddressCard } from '../../parts/AddressCard.tsx';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { duration } from '../../parts/format.ts';
import { ErrorNote, Loading } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { chooseTheme, themeChoices, useTheme } from '../../theme/theme.ts';
import { SealCard } from './SealCard.tsx';
import styles from './SettingsScreen.module.css';

const tlsWords = { require: 'TLS required', allow: 'with or without TLS', off: 'no TLS' } as const;
const themeNames = { system: 'System', light: 'Light', dark: 'Dark' } as const;

/** What runs, where its records lie, and how the desk looks. */
export function SettingsScreen() {
  const overview = useCall('desk.overview', {});
  const { choice } = useTheme();
  const data = overview.data;
  return (
    <>
      <ScreenHead title="Settings" />
      <div className={styles.panel}>
        <section className={styles.card} aria-label="Appearance">
          <h2>Appearance</h2>
          <fieldset className={styles.themes}>
            <legend className="visually-hidden">Theme</legend>
            {themeChoices.map((name) => (
              <label key={name} className={styles.theme}>
                <input
                  type="radio"
                  name="theme"
                  className="visually-hidden"
                  checked={choice === name}
                  onChange={() => chooseTheme(name)}
                />
                <span>{themeNames[name]}</span>
              </label>
            ))}
          </fieldset>
        </section>
        <section className={styles.card} aria-label="Gate">
          <h2>Gate</h2>
          {overview.isPending && <Loading lines={5} label="Loading" />}
          <ErrorNote error={overview.error} retry={() => void overview.refetch()} />
          {data && (
            <dl>
              <Fact name="Version">{data.version}</Fact>
              <Fact name="Host">{data.host === 'electron' ? 'Desktop app' : 'Headless, console in a browser'}</Fact>
              <Fact name="Settings">
                {data.managedBy === 'file'
                  ? 'from a configuration file, read-only here'
                  : 'kept by Postern, in settings.json'}
              </Fact>
              <Fact name="Listens on">
                {data.listeners.map(({ host, port, tls }) => (
                  <span key={`${host}:${port}`}>
                    <code className={styles.address}>
                      {host}:{port}
                    </code>{' '}
                    {host.startsWith('/') ? 'Unix socket' : tlsWords[tls]}
                  </span>
                ))}
              </Fact>
              <Fact name="Approval deadline">
                {data.approvalDeadlineMs === 0
                  ? 'none: what would be held is denied at once'
                  : `${duration(data.approvalDeadlineMs)}, then denied`}
              </Fact>
              <Fact name="Journals">
                <code>{data.journalFolder}</code> <CopyButton text={data.journalFolder} label="Copy folder" iconOnly />
                <p className={styles.note}>
                  Statements, decisions and rows as the agent got them, masked. Nothing leaves this machine.
                </p>
              </Fact>
            </dl>
          )}
        </section>
        <SealCard />
        {data?.addresses.map((address) => (
          <AddressCard key={`${address.connection} ${address.url}`} address={address} />
        ))}
      </div>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
