import type { Socket } from 'node:net';
import type { AuthMethod } from '../../contract/index.ts';
import { authentication, backend } from '../wire/constants.ts';
import { decodeAuthentication } from '../wire/decode-backend.ts';
import { passwordMessage } from '../wire/encode-frontend.ts';
import { MessageReader } from '../wire/message-reader.ts';
import { authProtocolError, passwordOf, refusal, requireMethod, unsupported } from './login-error.ts';
import { md5Password } from './md5.ts';
import { type MessageChannel, protocolError, readErrorFields } from './message-channel.ts';
import { type AuthenticationRequest, authenticateSasl } from './sasl.ts';
import type { UpstreamTarget } from './types.ts';

/** How the log-in went. */
export interface Authentication {
  readonly method: AuthMethod;
  /** Copies of the NoticeResponse frames that came during it. */
  readonly notices: readonly Buffer[];
}

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
  const nextRequest = async (asked: boolean): Promise<AuthenticationRequest> => {
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
      await authenticateSasl(request.data, channel, socket, target, () => nextRequest(true));
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

/** We ask for 3.0 without options, so the answer can only confirm that (manual, NegotiateProtocolVersion). */
function checkVersion(frame: Buffer, target: UpstreamTarget): void {
  const reader = new MessageReader(frame);
  const minor = reader.remaining >= 8 ? reader.int32() & 0xffff : -1;
  if (minor !== 0 || reader.int32() !== 0)
    throw protocolError(target, 'it negotiates a protocol that was not asked for');
}
