import type { Socket } from 'node:net';
import { type ConnectionConfig, messageOf } from '../../contract/index.ts';
import type { DoorClient } from '../door/client.ts';
import { isAllowed } from '../door/peer.ts';
import { HandshakeFailed } from '../door/tls.ts';
import type { Authenticator, Identity } from '../identity/types.ts';
import { restrictedAtStart } from '../policy/startup-settings.ts';
import type { CredentialVault } from '../upstream/credentials.ts';
import { UpstreamError } from '../upstream/error.ts';
import type { RoleRequest, SessionRole, SessionRoles } from '../upstream/session-roles.ts';
import type { UpstreamConnection, UpstreamTarget } from '../upstream/types.ts';
import { sqlstate } from '../wire/constants.ts';
import { authenticationOk, backendKeyData, parameterStatus, readyForQuery } from '../wire/encode-backend.ts';
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
import { openUpstream, refuseUpstream } from './open-upstream.ts';
import type { CancelAttempt } from './receive-cancel.ts';
import { routeSession } from './route.ts';

/** Somebody knocked and was not let in. Never holds a secret. */
export interface RefusedAttempt {
  readonly clientAddress: string;
  /** User id on this machine, where the system tells. */
  readonly clientUid: number | null;
  readonly user: string;
  readonly database: string;
  readonly reason: string;
}

export interface DoorOptions {
  readonly authenticator: Authenticator;
  readonly credentials: CredentialVault;
  readonly roles: Pick<SessionRoles, 'create'>;
  /** The role that a session of this identity is to have; null for that of the account. */
  readonly roleRequest: (config: ConnectionConfig, identity: Identity, account: UpstreamTarget) => RoleRequest | null;
  readonly connections: () => readonly ConnectionConfig[];
  /** A start-up must be over by then, in milliseconds. */
  readonly startupTimeoutMs: number;
  /** Resolves when the effect of a CancelRequest is complete; never rejects. */
  readonly cancel: (attempt: CancelAttempt) => Promise<void>;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  /** For the gate's journal. */
  readonly refused: (attempt: RefusedAttempt) => void;
  readonly admit: (admission: Admission) => Promise<Admitted>;
}

/** A client that proved who it is, and an upstream opened for it. */
export interface Admission {
  readonly client: Socket;
  readonly clientAddress: string;
  readonly clientUid: number | null;
  /** Protocol and cipher on the agent's side, or null in the clear. */
  readonly clientTls: string | null;
  readonly startup: Startup;
  readonly identity: Identity;
  readonly config: ConnectionConfig;
  readonly target: UpstreamTarget;
  readonly upstream: UpstreamConnection;
  /** Made for this session, and to be released with it. */
  readonly role: SessionRole | null;
}

export interface Admitted {
  /** The secret that the client may cancel with. */
  readonly secretKey: Buffer;
  /** Starts to relay, once the client has been told that the session is ready. */
  readonly start: () => void;
}

/** Leads one client from its first byte to a running session, or out again with an error that says why. Never rejects. */
export async function receiveClient(
  client: DoorClient,
  fixedConnection: string | undefined,
  options: DoorOptions,
): Promise<void> {
  const arrivedAt = options.monotonic();
  const deadline = AbortSignal.timeout(options.startupTimeoutMs);
  const note = async (reason: string): Promise<void> =>
    options.refused({ ...(await whoIs(client)), user: '', database: '', reason });
  try {
    const first = await readFirstPacket(client, deadline);
    if (first.kind === 'cancel_request') {
      // The secret is what proves a right to cancel: a client that left already is not asked who it was.
      const peer = await client.peer;
      if (!peer.known || isAllowed(peer, client.allowedUsers)) {
        await options.cancel({ ...first, clientAddress: client.address, arrivedAt });
      }
      closeClient(client.socket, null); // no answer; the end of the connection is the client's only sign
      return;
    }
    if (await turnedAway(client, first.startup, options)) return;
    await logIn(client, first.startup, first.rest, fixedConnection, deadline, options);
  } catch (error) {
    if (error instanceof ProtocolError) {
      await note(error.message);
      refuseClient(client.socket, error.sqlstate, error.message);
    } else if (error instanceof HandshakeFailed) {
      await note(error.message);
      client.socket.destroy();
    } else if (error instanceof ClientGone) {
      client.socket.destroy();
    } else {
      refuseClient(client.socket, sqlstateOf(error), messageOf(error));
    }
  }
}

async function whoIs(client: DoorClient): Promise<Pick<RefusedAttempt, 'clientAddress' | 'clientUid'>> {
  const peer = await client.peer;
  return { clientAddress: client.address, clientUid: peer.known ? peer.uid : null };
}

const claims = (startup: Startup): { user: string; database: string } => {
  const user = startup.parameters.get('user') ?? '';
  return { user, database: startup.parameters.get('database') ?? user };
};

/** Refuses, before any password is asked for, who may not come in like this: in the clear, or as another user of the machine. */
async function turnedAway(client: DoorClient, startup: Startup, { refused }: DoorOptions): Promise<boolean> {
  const attempt = { ...(await whoIs(client)), ...claims(startup) };
  if (client.tlsRequired && client.encryption === null) {
    refused({ ...attempt, reason: 'TLS is required on this listener' });
    refuseClient(client.socket, sqlstate.invalidAuthorization, 'Postern takes only TLS connections here', {
      hint: "Connect with sslmode=verify-full and, as sslrootcert, the certificate of this Postern's authority (postern-ca.crt).",
    });
    return true;
  }
  const peer = await client.peer;
  if (isAllowed(peer, client.allowedUsers)) return false;
  const whose = peer.known ? `user id ${peer.uid}` : 'a user that the system does not tell';
  refused({ ...attempt, reason: `the client belongs to ${whose}` });
  refuseClient(client.socket, sqlstate.invalidAuthorization, `Postern does not let ${whose} in`, {
    detail: 'Only the user that runs Postern may connect to this listener.',
    hint: 'Run the client as that user, or have the operator set "allowedUsers" of the listener.',
  });
  return true;
}

async function logIn(
  client: DoorClient,
  startup: Startup,
  early: Buffer,
  fixedConnection: string | undefined,
  deadline: AbortSignal,
  options: DoorOptions,
): Promise<void> {
  const { socket } = client;
  const who = await whoIs(client);
  const { user, database } = claims(startup);
  const attempt = { ...who, user, database };
  const newer = negotiation(startup);
  if (newer !== null) socket.write(newer);

  const { password, rest } = await readPassword(socket, deadline, early);
  const source = who.clientUid === null ? client.host : `user id ${who.clientUid}`;
  const login = await options.authenticator.authenticate({ user, database, password, source });
  if (!login.ok) {
    options.refused({ ...attempt, reason: login.reason });
    return refuseClient(socket, sqlstate.invalidPassword, `password authentication failed for user "${user}"`, {
      detail: login.told ?? undefined,
      hint: passwordHint,
    });
  }
  const replication = startup.parameters.get('replication');
  if (replication !== undefined && !isFalse(replication)) {
    options.refused({ ...attempt, reason: 'replication was asked for' });
    return refuseClient(socket, sqlstate.featureNotSupported, 'Postern does not pass replication connections', {
      detail: 'Logical and physical replication carry rows that no policy or mask could see.',
    });
  }
  const route = routeSession(login.identity, database, fixedConnection, options.connections());
  if (!route.ok) {
    options.refused({ ...attempt, reason: route.message });
    return refuseClient(socket, sqlstate.invalidCatalogName, route.message, { hint: route.hint });
  }
  const { config } = route;
  const restricted = restrictedAtStart(startup.parameters, config.policy);
  if (restricted.length > 0) {
    const settings = restricted.join(', ');
    options.refused({ ...attempt, reason: `restricted settings at start-up: ${settings}` });
    return refuseClient(
      socket,
      sqlstate.insufficientPrivilege,
      `Postern does not begin a session with ${settings} set`,
      {
        detail: `The policy "${config.policy}" of connection "${config.name}" blocks the same as a SET.`,
        hint: 'Leave it out of the connection parameters and of PGOPTIONS.',
      },
    );
  }
  if (rest.length > 0) socket.unshift(rest);
  try {
    const { credentials, roles, roleRequest } = options;
    const opened = await openUpstream(socket, startup, {
      ...{ config, credentials, roles, database: route.database },
      roleRequest: (account) => roleRequest(config, login.identity, account),
    });
    await begin(
      { client: socket, ...who, clientTls: client.encryption, startup, identity: login.identity, config, ...opened },
      options,
    );
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (error.code === 'auth_failed') options.credentials.rejected(config);
    options.refused({ ...attempt, database: route.database, reason: `upstream of ${config.name}: ${error.message}` });
    refuseUpstream(socket, config, error);
  }
}

/** The same for everybody: it tells nothing about what was wrong. */
const passwordHint =
  'Postern takes an agent key or an access token as the password. Tokens expire: get a fresh one (`postern token`), or ask the operator.';

/** PostgreSQL's spellings of false for the replication parameter. */
const isFalse = (value: string): boolean => ['', 'false', 'off', 'no', '0'].includes(value.toLowerCase());

async function begin(admission: Admission, options: DoorOptions): Promise<void> {
  const { client, upstream, role } = admission;
  try {
    if (client.destroyed) throw new ClientGone('the client left while its upstream was being opened');
    const admitted = await options.admit(admission);
    greet(client, upstream, admitted.secretKey);
    admitted.start();
  } catch (error) {
    upstream.socket.destroy();
    void role?.release();
    throw error;
  }
}

function greet(client: Socket, upstream: UpstreamConnection, secretKey: Buffer): void {
  client.cork();
  client.write(authenticationOk());
  for (const [name, value] of upstream.parameters) client.write(parameterStatus(name, value));
  client.write(backendKeyData(upstream.processId, secretKey));
  for (const notice of upstream.notices) client.write(notice);
  client.write(readyForQuery('I'));
  client.uncork();
}
