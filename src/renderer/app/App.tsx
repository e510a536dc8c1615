import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { followEvents } from '../data/live.ts';
import { createQueryClient, DeskContext, useCall } from '../data/query.ts';
import type { Desk, DeskStatus } from '../desk.ts';
import { SealScreen } from '../screens/seal/SealScreen.tsx';
import { announceRequest } from './announce.ts';
import { NoSession } from './NoSession.tsx';
import { Shell } from './Shell.tsx';

/** The whole desk over one line to the gate. */
export function App({ desk }: { readonly desk: Desk }) {
  const [client] = useState(createQueryClient);
  const status = useSyncExternalStore(desk.onStatus, desk.status);
  useEffect(() => followEvents(desk, client, announceRequest), [desk, client]);
  return (
    <DeskContext value={desk}>
      <QueryClientProvider client={client}>
        {status === 'no_session' ? <NoSession /> : <Gate status={status} />}
      </QueryClientProvider>
    </DeskContext>
  );
}

/** The seal comes first: while it is not known to hold, there is nothing else to see. */
function Gate({ status }: { readonly status: Exclude<DeskStatus, 'no_session'> }) {
  const seal = useCall('seal.state', {}, { enabled: status === 'open' }).data;
  if (seal !== undefined && seal.phase !== 'open' && status === 'open') return <SealScreen view={seal} />;
  return <Shell status={status === 'open' && seal === undefined ? 'connecting' : status} />;
}
