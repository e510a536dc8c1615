import type { TlsMode } from '../../contract/index.ts';

/** Which users of this machine may come in: the one that runs Postern (and root), all of them, or it and these user ids. */
export type AllowedUsers = 'own' | 'any' | readonly number[];

/** Where agents knock. With `connection` set, every session on this listener goes to that connection. */
export interface ListenerConfig {
  /** A host name or address; or, as in libpq, the absolute path of the folder of a Unix socket. */
  readonly host: string;
  /** 0 takes any free port. For a Unix socket it is the number in the socket's name and not 0. */
  readonly port: number;
  readonly connection?: string | undefined;
  /** Default `allow` on loopback and `require` anywhere else, where nothing less is taken. A Unix socket has no TLS. */
  readonly tls?: TlsMode | undefined;
  /** More names and addresses that clients use for this listener: they go into its certificate. */
  readonly names?: readonly string[] | undefined;
  /** Default `own`. Only where the system tells who connects: loopback on Linux. */
  readonly allowedUsers?: AllowedUsers | undefined;
}

/** Who a client on this machine is, as far as the system tells. */
export type Peer =
  | { readonly known: true; readonly uid: number }
  /** The system should know and does not (`refuse`), or it never does: another machine, another platform, a Unix socket. */
  | { readonly known: false; readonly refuse: boolean };

export type DoorErrorCode =
  | 'port_in_use'
  | 'listen_failed'
  | 'listener_insecure'
  | 'socket_folder_unsafe'
  | 'authority_unusable';

/** A listener that cannot be opened as it should be, said so that the operator can act on it. */
export class DoorError extends Error {
  readonly code: DoorErrorCode;
  readonly hint: string;
  constructor(code: DoorErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DoorError';
    this.code = code;
    this.hint = hint;
  }
}
