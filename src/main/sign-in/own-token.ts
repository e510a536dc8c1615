import type { IdentityProvider } from '../../contract/index.ts';
import { ClaimError, readClaims } from '../../gateway/identity/claims.ts';
import { decodeToken } from '../../gateway/identity/jwt.ts';
import { grantedConnections } from '../../gateway/identity/rights.ts';

/** What the gate will see in a token that was got for it. */
export interface OwnToken {
  /** `provider:subject` and `provider:client`, as the gate names them. */
  readonly subject: string;
  readonly agent: string;
  readonly groups: readonly string[];
  readonly connections: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Connections that the grants of now give to whoever signed in. */
export function openedTo(
  { subject, agent, groups }: Pick<OwnToken, 'subject' | 'agent' | 'groups'>,
  { name, grants }: IdentityProvider,
  now: number,
): readonly string[] {
  const bare = (called: string): string => called.slice(name.length + 1);
  return grantedConnections(grants, { facts: { subject: bare(subject), client: bare(agent) }, groups }, now);
}

/**
 * Reads a token that a provider gave to us, as far as that can be done without its signature. A string instead says why the
 * gate would refuse it: altogether, or for `connection` when one is given.
 */
export function readOwnToken(
  token: string,
  provider: IdentityProvider,
  connection: string | null,
  now: number,
): OwnToken | string {
  const decoded = decodeToken(token);
  if (typeof decoded === 'string') return `it is no signed JWT (${decoded})`;
  const { header, payload } = decoded;
  if (payload.iss !== provider.issuer) return `it is of the issuer ${JSON.stringify(payload.iss)}`;
  if (provider.tokenType === 'at+jwt' && !/^(application\/)?at\+jwt$/i.test(String(header.typ))) {
    return `its type is ${JSON.stringify(header.typ) ?? 'missing'}, not "at+jwt"; "tokenType": "any" takes it`;
  }
  try {
    const asker = readClaims(payload, provider, now);
    const { facts, groups } = asker;
    const connections = grantedConnections(provider.grants, asker, now);
    if (connection === null ? connections.length === 0 : !connections.includes(connection)) {
      return `no grant of ${provider.name} gives ${connection ?? 'anything'} to subject ${facts.subject}, client ${facts.client}, groups ${groups.join(', ') || 'none'}`;
    }
    const [subject, agent] = [`${provider.name}:${facts.subject}`, `${provider.name}:${facts.client}`];
    return { subject, agent, groups, connections, expiresAt: facts.expiresAt };
  } catch (error) {
    if (error instanceof ClaimError) return `it ${error.message}`;
    throw error;
  }
}
