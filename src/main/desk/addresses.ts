import type { AgentAddress, ConnectionConfig } from '../../contract/index.ts';
import type { AgentRecord } from '../../gateway/identity/agent-keys.ts';
import type { ListenerConfig } from '../../gateway/types.ts';

/** Stands in an address where the agent key goes when this process does not know the key. */
export const keyPlaceholder = '<key>';

/** What an agent that has never heard of Postern must be told; the address itself stays in the environment. */
const briefing =
  'PostgreSQL is at $DATABASE_URL: use psql "$DATABASE_URL". Statements may wait there for a human to approve them, or be refused with SQLSTATE 42501; DETAIL and HINT say why and what to do instead.';

/**
 * The ready-made lines of one agent for one connection on one listener.
 * A listener that is bound to a connection takes the database's own name; on the others the connection's name is the
 * database name that chooses it. `key` is the agent key in clear, or null when it is not known here.
 */
export function agentAddress(
  connection: ConnectionConfig,
  agent: string,
  listener: ListenerConfig,
  key: string | null,
): AgentAddress {
  const host = reachableHost(listener.host);
  const database = listener.connection === undefined ? connection.name : connection.upstream.database;
  const user = connection.anyUser ? connection.upstream.user : agent;
  const secret = key === null ? keyPlaceholder : encodeURIComponent(key);
  const authority = `${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
  const url = `postgresql://${encodeURIComponent(user)}:${secret}@${authority}/${encodeURIComponent(database)}`;
  return {
    connection: connection.name,
    host,
    port: listener.port,
    database,
    user,
    url,
    psql: `psql ${shellQuote(url)}`,
    claude: `DATABASE_URL=${shellQuote(url)} claude --append-system-prompt ${shellQuote(briefing)}`,
  };
}

/** Every address by which the given agents reach the given connections: agents that are revoked have none. */
export function agentAddresses(
  connections: readonly ConnectionConfig[],
  agents: readonly AgentRecord[],
  listeners: readonly ListenerConfig[],
  knownKeys: ReadonlyMap<string, string>,
): AgentAddress[] {
  return connections.flatMap((connection) =>
    agents
      .filter((agent) => agent.revokedAt === null && agent.connections.includes(connection.name))
      .flatMap((agent) =>
        listeners
          .filter((listener) => listener.connection === undefined || listener.connection === connection.name)
          .map((listener) => agentAddress(connection, agent.name, listener, knownKeys.get(agent.name) ?? null)),
      ),
  );
}

/** Addresses that mean "every interface" cannot be dialled everywhere; the agent is on this machine. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** Single quotes for a POSIX shell: nothing inside is expanded. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
