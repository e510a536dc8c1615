/** Longest token that is read, in bytes: what a PasswordMessage may hold. */
export const longestToken = 64 * 1024;

export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A password that can only be meant as a JWT: base64url parts with dots between them, the first of which begins an object. */
export const looksLikeToken = (password: string): boolean => /^eyJ[\w-]*\.[\w-]*\.[\w.-]*$/.test(password);

/**
 * Reads header and payload of a signed token without a look at its signature. A string instead says what is wrong: the
 * parts, their encoding, or an object that names something twice, which two readers may understand differently.
 */
export function decodeToken(token: string): DecodedToken | string {
  if (Buffer.byteLength(token) > longestToken) return `it is longer than ${longestToken} bytes`;
  const parts = token.split('.');
  if (parts.length === 5) return 'it is encrypted (JWE); only signed tokens are taken';
  if (parts.length !== 3) return `it has ${parts.length} parts, not 3`;
  const [header, payload] = [objectOf(parts[0] ?? ''), objectOf(parts[1] ?? '')];
  if (typeof header === 'string') return `its header ${header}`;
  if (typeof payload === 'string') return `its payload ${payload}`;
  return { header, payload };
}

function objectOf(part: string): Readonly<Record<string, unknown>> | string {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) return 'is not base64url';
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no JSON object';
    const twice = repeatedName(text);
    return twice === null ? (value as Record<string, unknown>) : `names ${JSON.stringify(twice).slice(0, 80)} twice`;
  } catch {
    return 'is no JSON object';
  }
}

/** A name that one object of a valid JSON text holds twice; null when there is none. RFC 7519, section 4, leaves it to us to refuse. */
export function repeatedName(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  let last: string | null = null;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gs)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const names = open.at(-1);
      if (last === null || names === null || names === undefined) continue;
      if (names.has(last)) return last;
      names.add(last);
    } else last = JSON.parse(token);
  }
  return null;
}
