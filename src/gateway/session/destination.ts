import type { ConnectionConfig } from '../../contract/index.ts';
import type { Identity } from '../identity/types.ts';
import { refusedAtStart } from '../policy/startup-settings.ts';
import { sqlstate } from '../wire/constants.ts';
import type { AskedProof } from './authentication.ts';
import type { Startup } from './client-handshake.ts';
import { type Route, routeSession } from './route.ts';

/** Where a client that proved itself goes, or why it goes nowhere: `reason` for the record, the rest for the client. */
export type Destination =
  | { readonly ok: true; readonly route: Extract<Route, { ok: true }> }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly sqlstate: string;
      readonly message: string;
      readonly detail?: string;
      readonly hint?: string;
    };

interface Asked {
  readonly startup: Startup;
  readonly identity: Identity;
  readonly database: string;
  readonly fixedConnection: string | undefined;
  /** How it proved itself. */
  readonly method: AskedProof['method'];
}

/** Finds the connection of a client, and whether it may come in there like this. */
export function destinationOf(
  { startup, identity, database, fixedConnection, method }: Asked,
  { connections }: { readonly connections: () => readonly ConnectionConfig[] },
): Destination {
  const replication = startup.parameters.get('replication');
  if (replication !== undefined && !isFalse(replication)) {
    return {
      ok: false,
      reason: 'replication was asked for',
      sqlstate: sqlstate.featureNotSupported,
      message: 'Postern does not pass replication connections',
      detail: 'Logical and physical replication carry rows that no policy or mask could see.',
    };
  }
  const route = routeSession(identity, database, fixedConnection, connections());
  if (!route.ok) {
    const { message, hint } = route;
    return { ok: false, reason: message, sqlstate: sqlstate.invalidCatalogName, message, hint };
  }
  const { name, authentication, policy } = route.config;
  // It was asked by the name that it gave, before it was known; where that leads may have been settled only now.
  if (authentication !== method) {
    return {
      ok: false,
      reason: `connection ${name} asks for ${authentication}, and the client proved itself by ${method}`,
      sqlstate: sqlstate.invalidAuthorization,
      message: `connection "${name}" asks for another proof of who you are`,
      hint: `Give "${name}" as the database name.`,
    };
  }
  const refused = refusedAtStart(startup.parameters, policy);
  if (refused.length > 0) {
    const settings = refused.join(', ');
    return {
      ok: false,
      reason: `settings at start-up that are not let pass: ${settings}`,
      sqlstate: sqlstate.insufficientPrivilege,
      message: `Postern does not begin a session with ${settings} set`,
      detail: `The policy "${policy}" of connection "${name}" does not let the same pass as a SET.`,
      hint: 'Leave it out of the connection parameters and of PGOPTIONS; SET it in the session, where the operator can be asked, if it is needed.',
    };
  }
  return { ok: true, route };
}

/** PostgreSQL's spellings of false for the replication parameter. */
const isFalse = (value: string): boolean => ['', 'false', 'off', 'no', '0'].includes(value.toLowerCase());
