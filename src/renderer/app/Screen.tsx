import { lazy, Suspense } from 'react';
import { Loading } from '../parts/Notes.tsx';
import { ApprovalsScreen } from '../screens/approvals/ApprovalsScreen.tsx';
import { ConnectionsScreen } from '../screens/connections/ConnectionsScreen.tsx';
import { GateScreen } from '../screens/gate/GateScreen.tsx';
import { ReportsScreen } from '../screens/reports/ReportsScreen.tsx';
import { RulesScreen } from '../screens/rules/RulesScreen.tsx';
import { SessionsScreen } from '../screens/sessions/SessionsScreen.tsx';
import { SettingsScreen } from '../screens/settings/SettingsScreen.tsx';
import type { Route } from './routes.ts';

// The terminal is the heaviest part of the desk and only replay needs it.
const ReplayScreen = lazy(() => import('../screens/replay/ReplayScreen.tsx'));

/** The screen of a route. */
export function Screen({ route }: { readonly route: Route }) {
  switch (route.screen) {
    case 'approvals':
      return <ApprovalsScreen id={route.id} />;
    case 'sessions':
      return <SessionsScreen id={route.id} />;
    case 'replay':
      return (
        <Suspense fallback={<Loading lines={10} label="Loading the player" />}>
          <ReplayScreen key={route.id} sessionId={route.id} startAt={route.at} />
        </Suspense>
      );
    case 'gate':
      return <GateScreen />;
    case 'rules':
      return <RulesScreen connection={route.connection} />;
    case 'connections':
      return <ConnectionsScreen tab={route.tab} />;
    case 'reports':
      return <ReportsScreen />;
    case 'settings':
      return <SettingsScreen />;
  }
}
