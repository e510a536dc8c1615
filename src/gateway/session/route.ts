import type { ConnectionConfig } from '../../contract/index.ts';
import type { Identity } from '../identity/types.ts';

/** Where a session goes. `database` is the name asked for, to be forwarded where the connection passes names through. */
export type Route =
  | { readonly ok: true; readonly config: ConnectionConfig; readonly database: string }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/**
 * Finds the connection for a session: the listener's own when it has one; else the one whose name is the database asked
 * for; else the only one the agent may use that passes any database name through. What the agent may not use is treated
 * as if it did not exist.
 */
export function routeSession(
  identity: Identity,
  database: string,
  fixedConnection: string | undefined,
  connections: readonly ConnectionConfig[],
): Route {
  const usable = connections.filter((config) => identity.connections.includes(config.name));
  if (fixedConnection !== undefined) {
    const config = usable.find((candidate) => candidate.name === fixedConnection);
    return config === undefined ? unknown(database, usable) : { ok: true, config, database };
  }
  const named = usable.find((config) => config.name === database);
  if (named !== undefined) {
    // The name chose the connection; the database behind it is the configured one.
    return { ok: true, config: named, database: named.upstream.database };
  }
  const [open, second] = usable.filter((config) => config.anyDatabase);
  if (open !== undefined && second === undefined) return { ok: true, config: open, database };
  return unknown(database, usable);
}

function unknown(database: string, usable: readonly ConnectionConfig[]): Route {
  const names = usable.map((config) => config.name).join(', ');
  return {
    ok: false,
    message: `Postern has no connection "${database}" for this agent`,
    hint:
      names === ''
        ? 'This agent key may use no connection; ask the operator to allow one.'
        : `Give one of these as the database name: ${names}.`,
  };
}
