import { useEffect } from 'react';
import { useCall } from '../data/query.ts';
import type { DeskStatus } from '../desk.ts';
import { InfoNote, Loading } from '../parts/Notes.tsx';
import { chooseTheme } from '../theme/theme.ts';
import { useCommand } from './commands.ts';
import { Fallback } from './Fallback.tsx';
import { useKeys } from './keys.ts';
import { Navigation } from './Navigation.tsx';
import { Palette } from './Palette.tsx';
import { navigate, useRoute } from './routes.ts';
import { Screen } from './Screen.tsx';
import styles from './Shell.module.css';
import { ShortcutSheet } from './ShortcutSheet.tsx';
import { TokenRequests } from './TokenRequests.tsx';
import { useUi } from './ui-store.ts';

/** The frame around every screen: navigation, problems, the layers above, and what screen readers are told. */
export function Shell({ status }: { readonly status: Exclude<DeskStatus, 'no_session'> }) {
  const route = useRoute();
  const { layer, open, alert, status: told } = useUi();
  const overview = useCall('desk.overview', {}, { enabled: status === 'open' });
  const pending = useCall('approvals.list', {}, { enabled: status === 'open' }).data?.pending.length ?? 0;
  useKeys();
  useShellCommands();
  useEffect(() => {
    document.title = pending > 0 ? `(${pending}) Postern` : 'Postern';
  }, [pending]);

  return (
    <div className={styles.shell}>
      <Navigation route={route} pending={pending} status={status} overview={overview.data} />
      <main className={styles.main}>
        {status === 'lost' && (
          <div className={styles.banner} role="alert">
            <InfoNote tone="ask">
              <strong>The connection to Postern was lost.</strong> The desk tries again by itself; what it shows may be
              old. If Postern was restarted, press Enter in the terminal where <code>postern serve</code> runs and open
              the new sign-in link.
            </InfoNote>
          </div>
        )}
        {overview.data?.problems.map((problem) => (
          <div className={styles.banner} key={`${problem.code} ${problem.message}`}>
            <InfoNote tone="ask">
              <strong>{problem.message}</strong> {problem.hint} <code className={styles.code}>{problem.code}</code>
            </InfoNote>
          </div>
        ))}
        <TokenRequests enabled={status === 'open'} />
        <div className={styles.screen}>
          {status === 'connecting' ? (
            <Loading lines={8} label="Connecting to Postern" />
          ) : (
            <Fallback key={route.screen}>
              <Screen route={route} />
            </Fallback>
          )}
        </div>
      </main>
      {layer === 'palette' && <Palette onClose={() => open('none')} />}
      {layer === 'shortcuts' && <ShortcutSheet onClose={() => open('none')} />}
      <div className="visually-hidden" aria-live="assertive" role="alert">
        {alert}
      </div>
      <div className="visually-hidden" aria-live="polite" role="status">
        {told}
      </div>
    </div>
  );
}

function useShellCommands(): void {
  const open = useUi((ui) => ui.open);
  useCommand('app.palette', () => open('palette'));
  useCommand('app.shortcuts', () => open('shortcuts'));
  useCommand('go.approvals', () => navigate({ screen: 'approvals', id: null }));
  useCommand('go.sessions', () => navigate({ screen: 'sessions', id: null }));
  useCommand('go.gate', () => navigate({ screen: 'gate' }));
  useCommand('go.rules', () => navigate({ screen: 'rules', connection: null }));
  useCommand('go.connections', () => navigate({ screen: 'connections', tab: 'databases' }));
  useCommand('go.agents', () => navigate({ screen: 'connections', tab: 'agents' }));
  useCommand('go.identity', () => navigate({ screen: 'connections', tab: 'identity' }));
  useCommand('go.reports', () => navigate({ screen: 'reports' }));
  useCommand('go.settings', () => navigate({ screen: 'settings' }));
  useCommand('theme.dark', () => chooseTheme('dark'));
  useCommand('theme.light', () => chooseTheme('light'));
  useCommand('theme.system', () => chooseTheme('system'));
}
