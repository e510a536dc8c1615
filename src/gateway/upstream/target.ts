import type { ConnectionConfig } from '../../contract/index.ts';
import type { UpstreamTarget } from './types.ts';

/** Where a configured connection leads. Database and user are the agent's own where the configuration passes them through. */
export function upstreamTarget(
  config: ConnectionConfig,
  password: string | null,
  asked: { readonly database?: string | undefined; readonly user?: string | undefined } = {},
): UpstreamTarget {
  const { upstream } = config;
  return {
    host: upstream.host,
    port: upstream.port,
    database: config.anyDatabase ? (asked.database ?? upstream.database) : upstream.database,
    user: config.anyUser ? (asked.user ?? upstream.user) : upstream.user,
    sslmode: upstream.sslmode,
    sslrootcert: upstream.sslrootcert,
    requireAuth: upstream.requireAuth,
    password,
  };
}
