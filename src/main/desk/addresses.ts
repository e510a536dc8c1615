import type { AgentAddress, ConnectionConfig } from '../../contract/index.ts';
import { describeListener, isSocketFolder, tlsMode } from '../../gateway/door/host.ts';
import type { AgentRecord } from '../../gateway/identity/agent-keys.ts';
import type { ListenerConfig } from '../../gateway/types.ts';

/** Stands in an address where the agent key goes when this process does not know the key. */
export const keyPlaceholder = '<key>';

/** What an agent that has never heard of Postern must be told; the address itself stays in the environment. */
export const briefing = (psql: string): string =>
  `PostgreSQL is at $DATABASE_URL: use ${psql}. Statements may wait there for a human to approve them, or be refused with SQLSTATE 42501; DETAIL and HINT say why and what to do instead.`;

/** How agents reach a gate: its listeners with the ports they really have, and what they verify it with. */
export interface Reach {
  readonly listeners: readonly ListenerConfig[];
  /** The certificate of this installation's authority. */
  readonly certificateFile: string;
}

/**
 * The ready-made lines of one agent for one connection on one listener.
 * A listener that is bound to a connection takes the database's own name; on the others the connection's name is the
 * database name that chooses it. Where the listener has TLS, the address makes the client verify the gate, so that nobody
 * who takes the port first is sent a key. `key` is the agent key in clear, or null when it is not known here.
 */
export function agentAddress(
  connection: ConnectionConfig,
  agent: string,
  listener: ListenerConfig & Pick<Reach, 'certificateFile'>,
  key: string | null,
): AgentAddress {
  const host = reachableHost(listener.host);
  const { port } = listener;
  const database = listener.connection === undefined ? connection.name : connection.upstream.database;
  const user = connection.anyUser ? connection.upstream.user : agent;
  const secret = key === null ? keyPlaceholder : encodeURIComponent(key);
  const login = `postgresql://${encodeURIComponent(user)}:${secret}@`;
  const name = encodeURIComponent(database);
  const url = isSocketFolder(host)
    ? `${login}/${name}?host=${inQuery(host)}&port=${port}`
    : `${login}${describeListener({ host, port })}/${name}${verifying(listener)}`;
  return {
    connection: connection.name,
    host,
    port,
    database,
    user,
    url,
    psql: `psql ${shellQuote(url)}`,
    claude: `DATABASE_URL=${shellQuote(url)} claude --append-system-prompt ${shellQuote(briefing('psql "$DATABASE_URL"'))}`,
  };
}

/** libpq's parameters that check who answers; other drivers' ways are in the user guide. */
function verifying(listener: ListenerConfig & Pick<Reach, 'certificateFile'>): string {
  if (tlsMode(listener) === 'off') return '';
  return `?sslmode=verify-full&sslrootcert=${inQuery(listener.certificateFile)}`;
}

/** Percent-encoded, but for the slashes of a path, which may stand in a query (RFC 3986, 3.4) and read better. */
const inQuery = (path: string): string => encodeURIComponent(path).replaceAll('%2F', '/');

/** Every address by which the given agents reach the given connections: agents that are revoked have none, and no key opens a connection that asks for a token. */
export function agentAddresses(
  connections: readonly ConnectionConfig[],
  agents: readonly AgentRecord[],
  { listeners, certificateFile }: Reach,
  knownKeys: ReadonlyMap<string, string>,
): AgentAddress[] {
  const byKey = connections.filter(({ authentication }) => authentication === 'password');
  return byKey.flatMap((connection) =>
    agents
      .filter((agent) => agent.revokedAt === null && agent.connections.includes(connection.name))
      .flatMap((agent) =>
        listeners
          .filter((listener) => listener.connection === undefined || listener.connection === connection.name)
          .map((listener) =>
            agentAddress(connection, agent.name, { ...listener, certificateFile }, knownKeys.get(agent.name) ?? null),
          ),
      ),
  );
}

/** Addresses that mean "every interface" cannot be dialled everywhere; the agent is on this machine. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** Single quotes for a POSIX shell: nothing inside is expanded. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
