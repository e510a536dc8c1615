import type { Socket } from 'node:net';
import type { ConnectionConfig } from '../../contract/index.ts';
import { connectUpstream } from '../upstream/connect.ts';
import type { CredentialVault } from '../upstream/credentials.ts';
import { UpstreamError } from '../upstream/error.ts';
import type { RoleRequest } from '../upstream/role-request.ts';
import type { SessionRole, SessionRoles } from '../upstream/session-roles.ts';
import { resolveSecrets, upstreamTarget } from '../upstream/target.ts';
import type { UpstreamConnection, UpstreamTarget } from '../upstream/types.ts';
import { backend, sqlstate } from '../wire/constants.ts';
import { errorResponse, fieldsMessage } from '../wire/encode-backend.ts';
import type { Startup } from './client-handshake.ts';
import { closeClient } from './close-client.ts';

/** Bytes of statements that a client may send while its upstream is being opened, before it is read no further. */
const earlyLimit = 64 * 1024;

export interface UpstreamOpened {
  /** Of the account of the connection. */
  readonly target: UpstreamTarget;
  readonly upstream: UpstreamConnection;
  /** The role that was made for this session; null where it runs as the account. */
  readonly role: SessionRole | null;
}

export interface UpstreamOptions {
  readonly config: ConnectionConfig;
  readonly database: string;
  readonly credentials: CredentialVault;
  readonly roles: Pick<SessionRoles, 'create'>;
  /** What role a session on this account is to have; null for the account's own. */
  readonly roleRequest: (account: UpstreamTarget) => RoleRequest | null;
}

/**
 * Opens the upstream of a client with all parameters of its start-up but those that chose it. Meanwhile the client is read,
 * because only so is it noticed that it leaves; what it sends is put back for the session. Throws UpstreamError, `aborted`
 * when the client left.
 */
export async function openUpstream(
  client: Socket,
  startup: Startup,
  { config, database, credentials, roles, roleRequest }: UpstreamOptions,
): Promise<UpstreamOpened> {
  const parameters = startupParameters(startup, config);
  const gone = new AbortController();
  const onGone = (): void => gone.abort();
  const early: Buffer[] = [];
  let size = 0;
  const onEarly = (chunk: Buffer): void => {
    early.push(chunk);
    size += chunk.length;
    if (size >= earlyLimit) client.pause();
  };
  client.on('data', onEarly).once('end', onGone).once('close', onGone).resume();
  try {
    const asked = { database, user: startup.parameters.get('user') };
    const target = upstreamTarget(config, await resolveSecrets(credentials, config, null, asked), asked);
    const request = roleRequest(target);
    const role = request === null ? null : await roles.create(request);
    try {
      const upstream = await connectUpstream(role?.target ?? target, parameters, {
        signal: gone.signal,
        identify: true,
      });
      await role?.expire().catch((error: unknown) => {
        upstream.socket.destroy();
        throw error;
      });
      return { target, upstream, role };
    } catch (error) {
      void role?.release();
      throw error;
    }
  } finally {
    client.off('data', onEarly).off('end', onGone).off('close', onGone).pause();
    if (size > 0 && !client.destroyed && !client.readableEnded) client.unshift(Buffer.concat(early));
  }
}

/**
 * The start-up parameters that are forwarded. A role that is given among them is what RESET ROLE and DISCARD ALL lead back to,
 * which one that is set by a statement is not. Throws UpstreamError when the agent means to choose another.
 */
function startupParameters({ parameters: sent }: Startup, { sessionRole }: ConnectionConfig): Map<string, string> {
  const parameters = new Map(sent);
  for (const name of ['user', 'database', 'replication']) parameters.delete(name);
  if (sessionRole.kind !== 'set_role') return parameters;
  for (const [name, value] of sent) {
    if (
      !/^(role|session_authorization)$/i.test(name) &&
      !(name === 'options' && /role|session.authorization/i.test(value))
    )
      continue;
    throw new UpstreamError('role_refused', {
      message: 'the start-up parameters choose a role, and sessions of this connection have one already',
      hint: 'Connect without them.',
    });
  }
  return parameters.set('role', sessionRole.role);
}

/**
 * What the agent hears of an upstream that cannot be opened: the server's own words where they say something about the
 * request (a database that does not exist, too many connections), never anything about the credential.
 */
export function refuseUpstream(client: Socket, config: ConnectionConfig, error: UpstreamError): void {
  const ours =
    error.code === 'auth_failed' || error.code === 'client_certificate' || error.code.startsWith('credential_');
  // How roles are made is the operator's matter, and says who the account is.
  const aboutCredential = ours || error.code === 'role_refused' || error.sqlstate.startsWith('28');
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
      hint: aboutCredential ? 'The operator has to supply the credential in Postern.' : (error.hint ?? undefined),
    }),
  );
}
