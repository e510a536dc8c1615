import type { Socket } from 'node:net';
import { type ConnectionConfig, messageOf } from '../../contract/index.ts';
import type { DoorClient } from '../door/client.ts';
import { isAllowed } from '../door/peer.ts';
import type { PeerProcess } from '../door/peer-process.ts';
import type { StartupPlace, StartupPlaces } from '../door/startup-places.ts';
import { HandshakeFailed } from '../door/tls.ts';
import type { Authenticator, Identity } from '../identity/types.ts';
import type { CredentialVault } from '../upstream/credentials.ts';
import { UpstreamError } from '../upstream/error.ts';
import type { RoleRequest } from '../upstream/role-request.ts';
import type { SessionRole, SessionRoles } from '../upstream/session-roles.ts';
import type { UpstreamConnection, UpstreamTarget } from '../upstream/types.ts';
import { sqlstate } from '../wire/constants.ts';
import { authenticationOk, backendKeyData, parameterStatus, readyForQuery } from '../wire/encode-backend.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import type { AskedProof } from './authentication.ts';
import { negotiation, readFirstPacket, refuseClient, type Startup } from './client-handshake.ts';
import { closeClient } from './close-client.ts';
import { destinationOf } from './destination.ts';
import { sqlstateOf } from './fault.ts';
import { openUpstream, refuseUpstream } from './open-upstream.ts';
import { proveClient } from './prove-client.ts';
import type { CancelAttempt } from './receive-cancel.ts';
import { refuseFailure, refuseProof } from './refuse-proof.ts';
import { ClientGone, StartupTooSlow } from './startup-reader.ts';

/** Somebody knocked and was not let in. Never holds a secret. */
export interface RefusedAttempt {
  /** How far it came: not to a whole start-up; to its proof, which failed; or further, proved, but not to a session. */
  readonly stage: 'start_up' | 'log_in' | 'session';
  readonly clientAddress: string;
  /** User id on this machine, where the system tells. */
  readonly clientUid: number | null;
  /** Which program it is, where the system tells. */
  readonly clientProcess: PeerProcess | null;
  readonly user: string;
  readonly database: string;
  /** Who it is, once proved. */
  readonly identity: Pick<Identity, 'agent' | 'subject'> | null;
  readonly reason: string;
}

export interface DoorOptions {
  readonly authenticator: Authenticator;
  /** What a client is asked for, by the database that it names and the connection of the listener. */
  readonly askedProof: (database: string, fixedConnection: string | undefined) => AskedProof;
  readonly places: StartupPlaces;
  readonly credentials: CredentialVault;
  /** The server refused the password of a connection. */
  readonly credentialRejected: (config: ConnectionConfig) => void;
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
  door: DoorOptions,
): Promise<void> {
  const arrivedAt = door.monotonic();
  const deadline = AbortSignal.timeout(door.startupTimeoutMs);
  const place = door.places.take(client);
  // One that had to give its place away was written down then; that its connection is gone is no second refusal.
  const refused = (attempt: RefusedAttempt): void => (place.gaveWay ? undefined : door.refused(attempt));
  const options = { ...door, refused };
  let claimed = { user: '', database: '' };
  const note = async (reason: string): Promise<void> =>
    options.refused({ ...(await unproved(client)), ...claimed, reason });
  try {
    const first = await readFirstPacket(client, deadline);
    if (first.kind === 'cancel_request') {
      // The secret is what proves a right to cancel: a client that left already is not asked who it was.
      const peer = await client.peer;
      if (!peer.known || isAllowed(peer, client.allowedUsers)) {
        place.leave();
        await options.cancel({ ...first, clientAddress: client.address, arrivedAt });
        place.enter();
      }
      closeClient(client.socket, null); // no answer; the end of the connection is the client's only sign
      return;
    }
    claimed = claims(first.startup);
    if (await turnedAway(client, first.startup, options)) return;
    await logIn(client, first, { fixedConnection, deadline, place }, options);
  } catch (error) {
    if (error instanceof ProtocolError) {
      await note(error.message);
      refuseClient(client.socket, error.sqlstate, error.message);
    } else if (error instanceof HandshakeFailed) {
      await note(error.message);
      client.socket.destroy();
    } else if (error instanceof ClientGone) {
      if (error instanceof StartupTooSlow) await note(error.message);
      client.socket.destroy();
    } else {
      refuseClient(client.socket, sqlstateOf(error), messageOf(error));
    }
  }
}

type WhoIs = Pick<RefusedAttempt, 'clientAddress' | 'clientUid'>;

async function whoIs(client: DoorClient): Promise<WhoIs> {
  const peer = await client.peer;
  return { clientAddress: client.address, clientUid: peer.known ? peer.uid : null };
}

/** What is known of a client that has proved nothing. */
export async function unproved(
  client: DoorClient,
): Promise<WhoIs & Pick<RefusedAttempt, 'stage' | 'identity' | 'clientProcess'>> {
  const clientProcess = await client.findProcess();
  return { stage: 'start_up', identity: null, ...(await whoIs(client)), clientProcess };
}

const claims = (startup: Startup): { user: string; database: string } => {
  const user = startup.parameters.get('user') ?? '';
  return { user, database: startup.parameters.get('database') ?? user };
};

/** Refuses, before any password is asked for, who may not come in like this: in the clear, or as another user of the machine. */
async function turnedAway(client: DoorClient, startup: Startup, { refused }: DoorOptions): Promise<boolean> {
  const note = async (reason: string): Promise<void> =>
    refused({ ...(await unproved(client)), ...claims(startup), reason });
  if (client.tlsRequired && client.encryption === null) {
    await note('TLS is required on this listener');
    refuseClient(client.socket, sqlstate.invalidAuthorization, 'Postern takes only TLS connections here', {
      hint: "Connect with sslmode=verify-full and, as sslrootcert, the certificate of this Postern's authority (postern-ca.crt).",
    });
    return true;
  }
  const peer = await client.peer;
  if (isAllowed(peer, client.allowedUsers)) return false;
  const whose = peer.known ? `user id ${peer.uid}` : 'a user that the system does not tell';
  await note(`the client belongs to ${whose}`);
  refuseClient(client.socket, sqlstate.invalidAuthorization, `Postern does not let ${whose} in`, {
    detail: 'Only the user that runs Postern may connect to this listener.',
    hint: 'Run the client as that user, or have the operator set "allowedUsers" of the listener.',
  });
  return true;
}

interface LogIn {
  readonly fixedConnection: string | undefined;
  readonly deadline: AbortSignal;
  readonly place: StartupPlace;
}

async function logIn(
  client: DoorClient,
  { startup, rest: early }: { readonly startup: Startup; readonly rest: Buffer },
  { fixedConnection, deadline, place }: LogIn,
  options: DoorOptions,
): Promise<void> {
  const { socket } = client;
  const who = await whoIs(client);
  const { user, database } = claims(startup);
  const note = async (
    attempt: Pick<RefusedAttempt, 'stage' | 'identity' | 'reason'> & { readonly database?: string },
  ): Promise<void> =>
    options.refused({ ...who, clientProcess: await client.findProcess(), user, database, ...attempt });
  const newer = negotiation(startup);
  if (newer !== null) socket.write(newer);

  const asked = options.askedProof(database, fixedConnection);
  const source = who.clientUid === null ? client.host : `user id ${who.clientUid}`;
  const proved = await proveClient({
    ...{ socket, asked, deadline, early },
    prove: async (proof) => {
      place.leave();
      const login = await options.authenticator.authenticate({ proof, source });
      if (!login.ok) place.enter();
      return login;
    },
  });
  if (proved.kind === 'discovery') return refuseProof(socket, asked.method, user);
  if (proved.kind === 'failed') {
    await note({ stage: 'log_in', identity: null, reason: proved.failure.reason });
    return refuseFailure(socket, asked.method, user, proved);
  }
  const { identity, rest } = proved;
  const destination = destinationOf({ startup, identity, database, fixedConnection, method: asked.method }, options);
  if (!destination.ok) {
    await note({ stage: 'session', identity, reason: destination.reason });
    return refuseClient(socket, destination.sqlstate, destination.message, destination);
  }
  const { route } = destination;
  if (rest.length > 0) socket.unshift(rest);
  const { config } = route;
  try {
    const { credentials, roles, roleRequest } = options;
    const opened = await openUpstream(socket, startup, {
      ...{ config, credentials, roles, database: route.database },
      roleRequest: (account) => roleRequest(config, identity, account),
    });
    await begin(
      { client: socket, ...who, clientTls: client.encryption, startup, identity, config, ...opened },
      options,
    );
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (error.code === 'auth_failed') options.credentialRejected(config);
    const reason = `upstream of ${config.name}: ${error.message}`;
    await note({ stage: 'session', identity, database: route.database, reason });
    refuseUpstream(socket, config, error);
  }
}

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
