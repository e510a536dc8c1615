import { ProtocolError } from './protocol-error.ts';

/** The one SASL mechanism that we offer to clients (RFC 7628). */
export const oauthBearer = 'OAUTHBEARER';

/** What stands between the key-value pairs, and all that a client answers to an error (RFC 7628, 3.1 and 3.2.3). */
export const keyValueSeparator = '\u0001';

/** What a client says in its first response. */
export type BearerResponse =
  | { readonly kind: 'token'; readonly token: string }
  /** No token yet: the client asks where it gets one, as libpq 18 does in a connection of its own. */
  | { readonly kind: 'discovery' }
  /** Well-formed, but nothing that could be a token. The reason completes "the client …". */
  | { readonly kind: 'unusable'; readonly reason: string };

/**
 * Reads `client-resp` of RFC 7628, 3.1, as strictly as the server (auth-oauth.c): no channel binding, no authorization
 * identity, every pair well-formed, one `auth`, and nothing behind the end. Throws ProtocolError 08P01 or 0A000; what it
 * says never quotes the response.
 */
export function readBearerResponse(bytes: Buffer): BearerResponse {
  if (bytes.length === 0) throw malformed('it is empty');
  // Everything that the grammar allows is ASCII; latin1 keeps other bytes apart, to be refused below.
  const text = bytes.toString('latin1');
  const pairs = pairsBehindHeader(text);
  const values = pairs.flatMap(([key, value]) => (key === 'auth' ? [value] : []));
  const [auth, second] = values;
  if (auth === undefined) throw malformed('it has no auth value');
  if (second !== undefined) throw malformed('it has more than one auth value');
  return credentialsIn(auth);
}

/** The GS2 header (RFC 5801, 4) is checked and taken off; `p=` would bind to a channel, `a=` name somebody else. */
function pairsBehindHeader(text: string): (readonly [string, string])[] {
  if (text.startsWith('p=')) throw malformed('channel binding is not supported', '0A000');
  const header = /^[ny],([^,]*),/.exec(text);
  if (header === null) throw malformed('its GS2 header is wrong');
  if (header[1] !== '') throw malformed('an authorization identity is not supported', '0A000');
  const body = text.slice(header[0].length);
  if (!body.startsWith(keyValueSeparator)) throw malformed('a key-value separator is missing behind its header');
  const end = `${keyValueSeparator}${keyValueSeparator}`;
  if (body === keyValueSeparator || !body.endsWith(end)) throw malformed('its last terminator is missing');
  const inner = body.slice(1, -end.length);
  return body === end ? [] : inner.split(keyValueSeparator).map(pairOf);
}

/** `key = 1*ALPHA`, `value = *(VCHAR / SP / HTAB / CR / LF)`. */
function pairOf(text: string): readonly [string, string] {
  const pair = /^([A-Za-z]+)=([\x20-\x7e\t\r\n]*)$/.exec(text);
  if (pair === null) throw malformed('it has a pair that is no key and value');
  return [pair[1] ?? '', pair[2] ?? ''];
}

/** `Bearer b64token` (RFC 6750, 2.1). The scheme's name is in any case (RFC 9110, 11.1). */
function credentialsIn(auth: string): BearerResponse {
  if (auth === '') return { kind: 'discovery' };
  const scheme = /^bearer +/i.exec(auth);
  if (scheme === null) return { kind: 'unusable', reason: 'gave credentials that are no bearer token' };
  const token = auth.slice(scheme[0].length);
  if (token === '') return { kind: 'unusable', reason: 'gave an empty bearer token' };
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    return { kind: 'unusable', reason: 'gave a bearer token with characters that no token has (RFC 6750, 2.1)' };
  }
  return { kind: 'token', token };
}

const malformed = (why: string, state?: string): ProtocolError =>
  new ProtocolError(`malformed OAUTHBEARER message: ${why}`, state);

/** Where clients get their tokens. */
export interface TokenSource {
  /** Of the provider's metadata (OpenID Connect Discovery 1.0). */
  readonly metadataUrl: string;
  /** Space-separated; what a token should be asked for. */
  readonly scope: string;
}

/** The server's error result (RFC 7628, 3.2.2): the same whatever is wrong with a token, and the answer to one that is missing. */
export function bearerError(source: TokenSource | null): Buffer {
  return Buffer.from(
    JSON.stringify({
      status: 'invalid_token',
      ...(source !== null && { 'openid-configuration': source.metadataUrl, scope: source.scope }),
    }),
  );
}
