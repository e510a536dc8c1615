import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { followEvents } from '../data/live.ts';
import { createQueryClient, DeskContext } from '../data/query.ts';
import type { Desk } from '../desk.ts';
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
        {status === 'no_session' ? <NoSession /> : <Shell status={status} />}
      </QueryClientProvider>
    </DeskContext>
  );
}
