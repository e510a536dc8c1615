import type { AuthMethod } from '../../contract/index.ts';
import type { NoticeFields } from '../wire/fields.ts';
import { describeAddress, UpstreamError } from './error.ts';
import type { UpstreamTarget } from './types.ts';

/** The server refused before it asked who we are: pg_hba.conf has no line for this address, user or encryption. */
export class RefusedBeforeLogin extends UpstreamError {}

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
  if (asked && /channel binding/i.test(fields.M ?? '')) {
    return new UpstreamError('auth_protocol', {
      ...said,
      message: `${describeAddress(target)} broke off the log-in: ${fields.M}`,
      hint: 'The TLS connection that it sees is not the one that was made here: something in between ends TLS, a pooler or somebody who should not be there. Set sslmode to verify-full.',
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

/** The password to answer with. Throws UpstreamError `credential_missing`. */
export function passwordOf(target: UpstreamTarget): string {
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

/** Throws UpstreamError `auth_method_refused` unless `requireAuth` of the connection allows the method. */
export function requireMethod(method: AuthMethod, target: UpstreamTarget): void {
  if (target.requireAuth.includes(method)) {
    if (method !== 'scram-sha-256') refuseUnbound(target);
    return;
  }
  const asks =
    method === 'none' ? 'lets anybody in without asking for a password' : `asks for the password by method "${method}"`;
  throw new UpstreamError('auth_method_refused', {
    message: `${describeAddress(target)} ${asks}; this connection accepts only ${target.requireAuth.join(', ')}`,
    detail: 'The password was not sent. A server that asks for less than expected may not be the right one.',
    hint: `If that is how this server is set up, add "${method}" to requireAuth of the connection; better, give the user a SCRAM password on the server.`,
  });
}

/** Throws UpstreamError `auth_method_refused` where channelBinding is `require`: the log-in would not be bound to its TLS channel. */
export function refuseUnbound(target: UpstreamTarget): void {
  if (target.channelBinding !== 'require') return;
  throw new UpstreamError('auth_method_refused', {
    message: `${describeAddress(target)} offers no log-in that is bound to its TLS channel, and channelBinding is require`,
    detail: 'The password was not sent. Somebody between this machine and the server would remove the offer, too.',
    hint: 'It takes TLS, a password stored as scram-sha-256 on the server, and no pooler between that ends TLS.',
  });
}

/** A method that we have no answer to. */
export function unsupported(target: UpstreamTarget, method: string): UpstreamError {
  return new UpstreamError('auth_method_refused', {
    message: `${describeAddress(target)} asks for authentication by ${method}, which Postern does not support`,
    hint: `Let pg_hba.conf of the server ask for scram-sha-256 for user ${target.user} from this machine.`,
  });
}

/** The dialogue took a turn that no honest server takes. */
export function authProtocolError(target: UpstreamTarget, what: string, more: { hint?: string } = {}): UpstreamError {
  return new UpstreamError('auth_protocol', {
    message: `logging in to ${describeAddress(target)} was broken off: ${what}`,
    hint: more.hint ?? 'The other side may not be the server it says it is. Check host, port and the TLS settings.',
  });
}
