import type { ConnectionConfig, IdentityProvider, TokenAddress } from '../../contract/index.ts';
import { agentAddress, briefing, type Reach, shellQuote } from './addresses.ts';

/** Where a token goes when it is not in the address but in PGPASSWORD. */
const emptyKey = '';

/**
 * The lines by which a program connects with an access token instead of a key, one for each provider that gives tokens for the
 * connection. `command` is how `postern token` is called here, in words. The token is in no address: it is got when the line
 * runs, and is short-lived.
 */
export function tokenAddresses(
  connection: ConnectionConfig,
  providers: readonly IdentityProvider[],
  { listeners, certificateFile }: Reach,
  command: readonly string[],
): TokenAddress[] {
  const listener = listeners.find(({ connection: only }) => only === undefined || only === connection.name);
  if (listener === undefined) return [];
  const able = providers.filter(
    ({ client, grants }) => client !== undefined && grants.some((grant) => grant.connections.includes(connection.name)),
  );
  const url = agentAddress(connection, 'token', { ...listener, certificateFile }, emptyKey).url.replace(':@', '@');
  return able.map((provider) => {
    const words = [
      ...command,
      '--connection',
      connection.name,
      ...(able.length === 1 ? [] : ['--provider', provider.name]),
    ];
    const token = words.map(shellWord).join(' ');
    return {
      provider: provider.name,
      token,
      psql: `PGPASSWORD=$(${token}) psql ${shellQuote(url)}`,
      claude: `DATABASE_URL=${shellQuote(url)} claude --append-system-prompt ${shellQuote(briefing(`PGPASSWORD=$(${token}) psql "$DATABASE_URL"`))}`,
    };
  });
}

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word));
