import type { Socket } from 'node:net';
import { type ConnectionConfig, messageOf } from '../../contract/index.ts';
import type { Authenticator, Identity } from '../identity/types.ts';
import { connectUpstream } from '../upstream/connect.ts';
import type { CredentialVault } from '../upstream/credentials.ts';
import { UpstreamError } from '../upstream/error.ts';
import { upstreamTarget } from '../upstream/target.ts';
import type { UpstreamConnection, UpstreamTarget } from '../upstream/types.ts';
import { backend, sqlstate } from '../wire/constants.ts';
import {
  authenticationOk,
  backendKeyData,
  errorResponse,
  fieldsMessage,
  parameterStatus,
  readyForQuery,
} from '../wire/encode-backend.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import {
  ClientGone,
  negotiation,
  readFirstPacket,
  readPassword,
  refuseClient,
  type Startup,
} from './client-handshake.ts';
import { closeClient } from './close-client.ts';
import { sqlstateOf } from './fault.ts';
import type { CancelAttempt } from './receive-cancel.ts';
import { routeSession } from './route.ts';

export interface DoorOptions {
  readonly authenticator: Authenticator;
  readonly credentials: CredentialVault;
  readonly connections: () => readonly ConnectionConfig[];
  /** A start-up must be over by then, in milliseconds. */
  readonly startupTimeoutMs: number;
  /** Resolves when the effect of a CancelRequest is complete; never rejects. */
  readonly cancel: (attempt: CancelAttempt) => Promise<void>;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  /** Somebody knocked and was not let in: for the gate's journal. Never holds a secret. */
  readonly refused: (attempt: { clientAddress: string; user: string; database: string; reason: string }) => void;
  readonly admit: (admission: Admission) => Promise<Admitted>;
}

/** A client that proved who it is, and an upstream opened for it. */
export interface Admission {
  readonly client: Socket;
  readonly clientAddress: string;
  readonly startup: Startup;
  readonly identity: Identity;
  readonly config: ConnectionConfig;
  readonly target: UpstreamTarget;
  readonly upstream: UpstreamConnection;
}

export interface Admitted {
  /** The secret that the client may cancel with. */
  readonly secretKey: Buffer;
  /** Starts to relay, once the client has been told that the session is ready. */
  readonly start: () => void;
}

/** Leads one client from its first byte to a running session, or out again with an error that says why. Never rejects. */
export async function receiveClient(
  client: Socket,
  fixedConnection: string | undefined,
  options: DoorOptions,
): Promise<void> {
  const onError = (): void => undefined; // 'close' follows every error, and is what the waiting code listens to
  client.on('error', onError);
  const address = `${client.remoteAddress ?? 'local'}:${client.remotePort ?? 0}`;
  const arrivedAt = options.monotonic();
  const deadline = AbortSignal.timeout(options.startupTimeoutMs);
  try {
    const first = await readFirstPacket(client, deadline);
    if (first.kind === 'cancel_request') {
      await options.cancel({ ...first, clientAddress: address, arrivedAt });
      closeClient(client, null); // no answer; the end of the connection is the client's only sign
      return;
    }
    await logIn(client, address, first.startup, first.rest, fixedConnection, deadline, options);
  } catch (error) {
    if (error instanceof ProtocolError) {
      options.refused({ clientAddress: address, user: '', database: '', reason: error.message });
      refuseClient(client, error.sqlstate, error.message);
    } else if (error instanceof ClientGone) {
      client.destroy();
    } else {
      refuseClient(client, sqlstateOf(error), messageOf(error));
    }
  }
}

async function logIn(
  client: Socket,
  clientAddress: string,
  startup: Startup,
  early: Buffer,
  fixedConnection: string | undefined,
  deadline: AbortSignal,
  options: DoorOptions,
): Promise<void> {
  const user = startup.parameters.get('user') ?? '';
  const database = startup.parameters.get('database') ?? user;
  const attempt = { clientAddress, user, database };
  const newer = negotiation(startup);
  if (newer !== null) client.write(newer);

  const password = await readPassword(client, deadline, early);
  const login = await options.authenticator.authenticate({ ...attempt, password });
  if (!login.ok) {
    options.refused({ ...attempt, reason: login.reason });
    return refuseClient(client, sqlstate.invalidPassword, `password authentication failed for user "${user}"`);
  }
  const replication = startup.parameters.get('replication');
  if (replication !== undefined && !isFalse(replication)) {
    options.refused({ ...attempt, reason: 'replication was asked for' });
    return refuseClient(client, sqlstate.featureNotSupported, 'Postern does not pass replication connections', {
      detail: 'Logical and physical replication carry rows that no policy or mask could see.',
    });
  }
  const route = routeSession(login.identity, database, fixedConnection, options.connections());
  if (!route.ok) {
    options.refused({ ...attempt, reason: route.message });
    return refuseClient(client, sqlstate.invalidCatalogName, route.message, { hint: route.hint });
  }
  await openUpstream(client, clientAddress, startup, login.identity, route.config, route.database, options);
}

/** PostgreSQL's spellings of false for the replication parameter. */
const isFalse = (value: string): boolean => ['', 'false', 'off', 'no', '0'].includes(value.toLowerCase());

async function openUpstream(
  client: Socket,
  clientAddress: string,
  startup: Startup,
  identity: Identity,
  config: ConnectionConfig,
  database: string,
  options: DoorOptions,
): Promise<void> {
  const parameters = new Map(startup.parameters);
  for (const name of ['user', 'database', 'replication']) parameters.delete(name);
  const gone = new AbortController();
  const onGone = (): void => gone.abort();
  let early = false;
  const onEarly = (): void => {
    early = true;
    gone.abort();
  };
  client.on('data', onEarly).once('end', onGone).once('close', onGone).resume();
  let upstream: UpstreamConnection;
  let target: UpstreamTarget;
  try {
    target = upstreamTarget(config, await options.credentials.resolve(config), {
      database,
      user: startup.parameters.get('user'),
    });
    upstream = await connectUpstream(target, parameters, { signal: gone.signal });
    if (early) upstream.socket.destroy();
  } catch (error) {
    if (early) throw tooEarly();
    if (!(error instanceof UpstreamError)) throw error;
    if (error.code === 'auth_failed') options.credentials.rejected(config);
    const user = startup.parameters.get('user') ?? '';
    options.refused({ clientAddress, user, database, reason: `upstream of ${config.name}: ${error.message}` });
    return refuseUpstream(client, config, error);
  } finally {
    client.off('data', onEarly).off('end', onGone).off('close', onGone).pause();
  }
  if (early) throw tooEarly();
  if (client.destroyed) {
    upstream.socket.destroy();
    return;
  }
  try {
    const admitted = await options.admit({ client, clientAddress, startup, identity, config, target, upstream });
    greet(client, upstream, admitted.secretKey);
    admitted.start();
  } catch (error) {
    upstream.socket.destroy();
    throw error;
  }
}

/** Nothing may follow the password before ReadyForQuery: it would have to be kept for a session that may never be. */
const tooEarly = (): ProtocolError => new ProtocolError('unexpected data before the session is ready');

function greet(client: Socket, upstream: UpstreamConnection, secretKey: Buffer): void {
  client.cork();
  client.write(authenticationOk());
  for (const [name, value] of upstream.parameters) client.write(parameterStatus(name, value));
  client.write(backendKeyData(upstream.processId, secretKey));
  for (const notice of upstream.notices) client.write(notice);
  client.write(readyForQuery('I'));
  client.uncork();
}

/**
 * What the agent hears of an upstream that cannot be opened: the server's own words where they say something about the
 * request (a database that does not exist, too many connections), never anything about the credential.
 */
function refuseUpstream(client: Socket, config: ConnectionConfig, error: UpstreamError): void {
  const aboutCredential = error.code === 'auth_failed' || error.sqlstate.startsWith('28');
  if (error.fields !== null && !aboutCredential) {
    return closeClient(client, fieldsMessage(backend.errorResponse, error.fields));
  }
  const message = aboutCredential
    ? `Postern could not log in to the database of connection "${config.name}"`
    : `Postern could not open connection "${config.name}": ${error.message}`;
  closeClient(
    client,
    errorResponse({
      severity: 'FATAL',
      sqlstate: sqlstate.cannotConnect,
      message,
      hint:
        aboutCredential || error.code === 'credential_missing'
          ? 'The operator has to supply the credential in Postern.'
          : (error.hint ?? undefined),
    }),
  );
}
