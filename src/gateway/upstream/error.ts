import { sqlstate } from '../wire/constants.ts';
import type { NoticeFields } from '../wire/fields.ts';
import type { UpstreamErrorCode } from './types.ts';

export interface UpstreamErrorText {
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** What the server said, when it was the server that refused. */
  readonly fields?: NoticeFields | undefined;
}

/**
 * The upstream could not be reached, trusted or used. `message`, `detail` and `hint` are for the operator and hold host,
 * port and user, never a password. `fields` are the server's own words where it had any, so that they can be relayed;
 * `sqlstate` is the server's own where it gave one, else the one that fits `code`.
 */
export class UpstreamError extends Error {
  readonly code: UpstreamErrorCode;
  readonly sqlstate: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly fields: NoticeFields | null;

  constructor(code: UpstreamErrorCode, text: UpstreamErrorText) {
    super(text.message);
    this.name = 'UpstreamError';
    this.code = code;
    this.sqlstate = text.fields?.C ?? sqlstateOf(code);
    this.detail = text.detail ?? null;
    this.hint = text.hint ?? null;
    this.fields = text.fields ?? null;
  }
}

function sqlstateOf(code: UpstreamErrorCode): string {
  switch (code) {
    case 'protocol':
    case 'auth_protocol':
      return sqlstate.protocolViolation;
    case 'aborted':
      return sqlstate.queryCanceled;
    default:
      return sqlstate.cannotConnect;
  }
}

/** `host:port`, or the socket file when the host is a folder. */
export function describeAddress(target: { readonly host: string; readonly port: number }): string {
  if (isSocketFolder(target.host)) return socketPath(target);
  return target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}

/** libpq's rule: a host that begins with a slash is the folder of a Unix socket. */
export const isSocketFolder = (host: string): boolean => host.startsWith('/');

/** The socket file that PostgreSQL makes in such a folder. */
export const socketPath = (target: { readonly host: string; readonly port: number }): string =>
  `${target.host.replace(/\/+$/, '')}/.s.PGSQL.${target.port}`;
