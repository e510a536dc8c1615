import type { Socket } from 'node:net';
import type { AuthMethod, ChannelBindingMode, SslMode, SslNegotiation } from '../../contract/index.ts';

/** The certificate that Postern shows to the server, by the files it is in. */
export interface ClientCertificate {
  /** PEM file with the certificate and its chain. */
  readonly sslcert: string;
  /** PEM file with its private key. */
  readonly sslkey: string;
  /** Opens the key where it is encrypted. */
  readonly passphrase: string | null;
}

/** Where and how to log in. The passwords, of the user and of the private key, are the only secrets and live in memory only. */
export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly sslmode: SslMode;
  readonly sslrootcert: string | undefined;
  /** `postgres` when absent. */
  readonly sslnegotiation?: SslNegotiation;
  /** Shown to a server that asks for one. */
  readonly clientCertificate?: ClientCertificate;
  /** `prefer` when absent. */
  readonly channelBinding?: ChannelBindingMode;
  readonly requireAuth: readonly AuthMethod[];
  readonly password: string | null;
}

/** Which database a session really reached, whatever its address says. */
export interface TargetIdentity {
  /** Given to a cluster by initdb, kept by its physical replicas; null where the account may not read it. */
  readonly systemIdentifier: string | null;
  /** pg_database.oid. */
  readonly databaseOid: string;
  readonly database: string;
}

/** An authenticated upstream connection, just after its first ReadyForQuery. */
export interface UpstreamConnection {
  /** Paused; no data listener. Bytes the server sent behind the first ReadyForQuery are in `rest`. */
  readonly socket: Socket;
  readonly rest: Buffer;
  /** ParameterStatus values in the order they came. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly secretKey: Buffer;
  /** Raw NoticeResponse frames that came during start-up, to be relayed. */
  readonly notices: readonly Buffer[];
  readonly encrypted: boolean;
  readonly authMethod: AuthMethod;
  /** Which database it reached, where that was asked for and told. */
  readonly identity: TargetIdentity | null;
}

export type UpstreamErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'tls_refused'
  | 'tls_untrusted'
  /** Our own certificate cannot be used, or the server does not take it. */
  | 'client_certificate'
  | 'auth_failed'
  | 'auth_method_refused'
  | 'auth_protocol'
  | 'credential_missing'
  /** A file with the password cannot be used: others may read it, it is malformed, or its service leads elsewhere now. */
  | 'credential_file'
  | 'server_error'
  /** A version that was never tested, see `server-version.ts`. */
  | 'server_too_old'
  /** The role of a session could not be made. */
  | 'role_refused'
  /** The caller gave up, by its AbortSignal. */
  | 'aborted'
  | 'protocol';
