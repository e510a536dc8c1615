import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { AuthMethod } from '../../contract/index.ts';
import { authentication, backend } from '../wire/constants.ts';
import { decodeAuthentication } from '../wire/decode-backend.ts';
import { passwordMessage, saslInitialResponse, saslResponse } from '../wire/encode-frontend.ts';
import type { NoticeFields } from '../wire/fields.ts';
import { MessageReader } from '../wire/message-reader.ts';
import { tlsServerEndPoint } from './channel-binding.ts';
import { describeAddress, UpstreamError } from './error.ts';
import { md5Password } from './md5.ts';
import { type MessageChannel, protocolError, readErrorFields } from './message-channel.ts';
import { type ChannelBinding, createScramClient, ScramError } from './scram.ts';
import { certificateCheck } from './tls.ts';
import type { UpstreamTarget } from './types.ts';

export interface Authentication {
  readonly method: AuthMethod;
  readonly notices: readonly Buffer[];
}

/** The server refused before it asked who we are: pg_hba.conf has no line for this address, user or encryption. */
export class RefusedBeforeLogin extends UpstreamError {}

/**
 * Answers the server's authentication requests up to AuthenticationOk. Only methods in `target.requireAuth` are answered,
 * so that a stranger cannot ask for the password in a form that gives it away. Throws UpstreamError `auth_failed`,
 * `auth_method_refused`, `auth_protocol`, `credential_missing`, `server_error`, `protocol`, `unreachable`.
 */
export async function authenticate(
  channel: MessageChannel,
  socket: Socket,
  target: UpstreamTarget,
): Promise<Authentication> {
  const notices: Buffer[] = [];
  const nextRequest = async (asked: boolean): Promise<{ code: number; data: Buffer }> => {
    for (;;) {
      const frame = await channel.read('logging in');
      switch (frame[0]) {
        case backend.authentication:
          return decodeAuthentication(frame);
        case backend.noticeResponse:
          notices.push(Buffer.from(frame));
          break;
        case backend.negotiateProtocolVersion:
          checkVersion(frame, target);
          break;
        case backend.errorResponse:
          throw refusal(readErrorFields(frame, target), target, asked);
        default:
          throw protocolError(target, 'an unexpected message during log-in');
      }
    }
  };

  const request = await nextRequest(false);
  const expectOk = async (): Promise<void> => {
    const answer = await nextRequest(true);
    if (answer.code !== authentication.ok) throw authProtocolError(target, 'a second method was asked for');
  };
  switch (request.code) {
    case authentication.ok:
      requireMethod('none', target);
      return { method: 'none', notices };
    case authentication.cleartextPassword:
      requireMethod('password', target);
      channel.write(passwordMessage(passwordOf(target)));
      await expectOk();
      return { method: 'password', notices };
    case authentication.md5Password:
      requireMethod('md5', target);
      if (request.data.length !== 4) throw authProtocolError(target, 'the MD5 salt is not 4 bytes long');
      channel.write(passwordMessage(md5Password(target.user, passwordOf(target), request.data)));
      await expectOk();
      return { method: 'md5', notices };
    case authentication.sasl:
      await scram(request.data, channel, socket, target, () => nextRequest(true));
      await expectOk();
      return { method: 'scram-sha-256', notices };
    default:
      throw unsupported(target, otherMethods[request.code] ?? `method ${request.code}`);
  }
}

const otherMethods: Readonly<Record<number, string>> = {
  [authentication.kerberosV5]: 'Kerberos V5',
  [authentication.gss]: 'GSSAPI',
  [authentication.sspi]: 'SSPI',
};

async function scram(
  offer: Buffer,
  channel: MessageChannel,
  socket: Socket,
  target: UpstreamTarget,
  nextRequest: () => Promise<{ code: number; data: Buffer }>,
): Promise<void> {
  const offered = readMechanisms(offer);
  const plain = offered.includes('SCRAM-SHA-256');
  const plus = offered.includes('SCRAM-SHA-256-PLUS') && socket instanceof TLSSocket;
  if (!plain && !plus) throw unsupported(target, `SASL with ${offered.join(', ') || 'no mechanism'}`);
  requireMethod('scram-sha-256', target);
  const binding = chooseBinding(plus, socket, target);
  const mechanism = binding.kind === 'tls-server-end-point' ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
  if (!offered.includes(mechanism)) throw unsupported(target, `SASL with ${offered.join(', ')}`);
  const password = passwordOf(target);
  const client = createScramClient(binding, randomBytes(18).toString('base64'));
  try {
    channel.write(saslInitialResponse(mechanism, Buffer.from(client.firstMessage)));
    const challenge = await nextRequest();
    if (challenge.code !== authentication.saslContinue) throw new ScramError('the server sent no challenge');
    channel.write(saslResponse(Buffer.from(await client.respond(challenge.data.toString('utf8'), password))));
    const final = await nextRequest();
    if (final.code !== authentication.saslFinal) throw new ScramError('the server sent no proof');
    client.verify(final.data.toString('utf8'));
  } catch (error) {
    if (error instanceof ScramError) throw authProtocolError(target, error.message);
    throw error;
  }
}

function chooseBinding(plus: boolean, socket: Socket, target: UpstreamTarget): ChannelBinding {
  if (!(socket instanceof TLSSocket)) return { kind: 'unsupported' };
  if (!plus) return { kind: 'not_offered' };
  const certificate = socket.getPeerX509Certificate()?.raw;
  const data = certificate === undefined ? null : tlsServerEndPoint(certificate);
  if (data !== null) return { kind: 'tls-server-end-point', data };
  // Without a binding only a checked certificate says that no one sits between. libpq gives up here in every mode.
  if (certificateCheck(target.sslmode, target.sslrootcert) !== 'nothing') return { kind: 'unsupported' };
  throw authProtocolError(target, 'its certificate is signed in a way that channel binding does not know', {
    hint: 'Set sslmode to verify-full with sslrootcert, so that the certificate itself is checked.',
  });
}

function readMechanisms(offer: Buffer): string[] {
  const names = offer.toString('latin1').split('\0');
  return names.slice(0, names.indexOf(''));
}

function passwordOf(target: UpstreamTarget): string {
  if (target.password === null || target.password === '') {
    throw new UpstreamError('credential_missing', {
      message: `${describeAddress(target)} asks for the password of ${target.user}, and none is known`,
      hint: 'Enter it in Postern under Connections, or set a credential source for this connection.',
    });
  }
  if (target.password.includes('\0')) {
    throw new UpstreamError('credential_missing', {
      message: `the password of ${target.user} at ${describeAddress(target)} holds a zero byte, which PostgreSQL cannot take`,
      hint: 'Check the credential source of this connection.',
    });
  }
  return target.password;
}

function requireMethod(method: AuthMethod, target: UpstreamTarget): void {
  if (target.requireAuth.includes(method)) return;
  const asks =
    method === 'none' ? 'lets anybody in without asking for a password' : `asks for the password by method "${method}"`;
  throw new UpstreamError('auth_method_refused', {
    message: `${describeAddress(target)} ${asks}; this connection accepts only ${target.requireAuth.join(', ')}`,
    detail: 'The password was not sent. A server that asks for less than expected may not be the right one.',
    hint: `If that is how this server is set up, add "${method}" to requireAuth of the connection; better, give the user a SCRAM password on the server.`,
  });
}

function unsupported(target: UpstreamTarget, method: string): UpstreamError {
  return new UpstreamError('auth_method_refused', {
    message: `${describeAddress(target)} asks for authentication by ${method}, which Postern does not support`,
    hint: `Let pg_hba.conf of the server ask for scram-sha-256 for user ${target.user} from this machine.`,
  });
}

function authProtocolError(target: UpstreamTarget, what: string, more: { hint?: string } = {}): UpstreamError {
  return new UpstreamError('auth_protocol', {
    message: `logging in to ${describeAddress(target)} was broken off: ${what}`,
    hint: more.hint ?? 'The other side may not be the server it says it is. Check host, port and the TLS settings.',
  });
}

/** We ask for 3.0 without options, so the answer can only confirm that (manual, NegotiateProtocolVersion). */
function checkVersion(frame: Buffer, target: UpstreamTarget): void {
  const reader = new MessageReader(frame);
  const minor = reader.remaining >= 8 ? reader.int32() & 0xffff : -1;
  if (minor !== 0 || reader.int32() !== 0)
    throw protocolError(target, 'it negotiates a protocol that was not asked for');
}

/** The UpstreamError for an ErrorResponse during start-up. `asked`: an authentication request came before it. */
export function refusal(fields: NoticeFields, target: UpstreamTarget, asked: boolean): UpstreamError {
  const state = fields.C ?? '';
  const said = { message: '', detail: fields.D, fields };
  if (!state.startsWith('28')) {
    return new UpstreamError('server_error', {
      ...said,
      message: `${describeAddress(target)} refused the connection: ${fields.M ?? 'no reason given'}`,
      hint: fields.H,
    });
  }
  const text = {
    ...said,
    message: `${describeAddress(target)} refused user ${target.user} for database ${target.database}: ${fields.M ?? 'no reason given'}`,
    hint: asked
      ? 'Check user and password of the connection.'
      : 'Check user, database and sslmode of the connection, and pg_hba.conf of the server.',
  };
  return asked || state !== '28000'
    ? new UpstreamError('auth_failed', text)
    : new RefusedBeforeLogin('auth_failed', text);
}
