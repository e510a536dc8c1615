import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Authority, openAuthority } from './door/authority.ts';
import { tlsMode } from './door/host.ts';
import { type ListenerOptions, type OpenListener, openListener } from './door/listener.ts';
import { listenerNames } from './door/names.ts';
import { createPeerReader } from './door/peer.ts';
import { createProcessFinder } from './door/peer-process.ts';
import { DoorError, type ListenerConfig } from './door/types.ts';
import { GatewayError, type GatewayOptions } from './types.ts';

/** File name of the authority's certificate, the `sslrootcert` of agents, in whatever folder it is put. */
export const certificateFileName = 'postern-ca.crt';

export interface OpenDoorOptions
  extends Pick<GatewayOptions, 'listeners' | 'keyFolder' | 'certificateFile' | 'log'>,
    Pick<ListenerOptions, 'maximum' | 'full'> {
  readonly receive: (client: Parameters<ListenerOptions['receive']>[0], connection: string | undefined) => void;
}

/**
 * Opens all listeners, with one authority for those that speak TLS. Rejects with GatewayError and leaves none open: the
 * codes of DoorError are its codes.
 */
export async function openDoor(options: OpenDoorOptions): Promise<OpenListener[]> {
  const { listeners, maximum, full, receive } = options;
  const open: OpenListener[] = [];
  try {
    const authority = listeners.some((config) => tlsMode(config) !== 'off') ? authorityOf(options) : null;
    const readPeer = createPeerReader();
    const findProcess = createProcessFinder({ clock: () => performance.now() });
    for (const config of listeners) {
      const secureContext = tlsMode(config) === 'off' ? null : (authority?.server(namesOf(config)) ?? null);
      open.push(
        await openListener(config, {
          maximum,
          secureContext,
          readPeer,
          findProcess,
          receive: (client) => receive(client, config.connection),
          full,
        }),
      );
    }
    return open;
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close()));
    if (error instanceof DoorError) throw new GatewayError(error.code, error.message, error.hint);
    throw error;
  }
}

function authorityOf({ listeners, keyFolder, certificateFile, log }: OpenDoorOptions): Authority {
  const path = certificateFile ?? join(keyFolder, certificateFileName);
  const names = listeners.flatMap((config) => namesOf(config));
  const authority = openAuthority({ keyFolder, certificateFile: path, names, now: Date.now });
  const why = authority.renewed;
  if (why !== null && why !== 'new') log('warn', `${path} ${renewals[why]}`);
  return authority;
}

const renewals = {
  names: 'was made anew, over the same key, because listeners have other names now: replace copies on other machines',
  expiring: 'was made anew, over the same key, because its end was near: replace copies on other machines',
  replaced:
    'was not the certificate of this installation; it was made anew. If you did not change it, somebody else did',
} as const;

const namesOf = (config: ListenerConfig): string[] => listenerNames(config, hostname());
