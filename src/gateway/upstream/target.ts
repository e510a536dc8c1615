import type { ConnectionConfig } from '../../contract/index.ts';
import type { CredentialVault, Login } from './credentials.ts';
import type { UpstreamTarget } from './types.ts';

/** What of a target only the vault knows. */
export interface UpstreamSecrets {
  readonly password: string | null;
  /** Of the private key of the client certificate. */
  readonly keyPassphrase: string | null;
}

/** What the agent's start-up asks for. It counts where the configuration passes it through. */
interface Asked {
  readonly database?: string | undefined;
  readonly user?: string | undefined;
}

/** As whom a session logs in, and to which database. */
const loginOf = ({ upstream, anyDatabase, anyUser }: ConnectionConfig, { database, user }: Asked): Login => ({
  database: anyDatabase ? (database ?? upstream.database) : upstream.database,
  user: anyUser ? (user ?? upstream.user) : upstream.user,
});

/** The secrets of a connection; `password` stands in for the stored one. Rejects with UpstreamError `credential_missing`, `credential_file`. */
export async function resolveSecrets(
  vault: CredentialVault,
  config: ConnectionConfig,
  password: string | null = null,
  asked: Asked = {},
): Promise<UpstreamSecrets> {
  return {
    password: password ?? (await vault.resolve(config, loginOf(config, asked))),
    keyPassphrase: await vault.keyPassphrase(config),
  };
}

/** Where a configured connection leads. Database and user are the agent's own where the configuration passes them through. */
export function upstreamTarget(
  config: ConnectionConfig,
  { password, keyPassphrase }: UpstreamSecrets,
  asked: Asked = {},
): UpstreamTarget {
  const { upstream } = config;
  const { sslcert, sslkey } = upstream;
  return {
    host: upstream.host,
    port: upstream.port,
    ...loginOf(config, asked),
    sslmode: upstream.sslmode,
    sslrootcert: upstream.sslrootcert,
    sslnegotiation: upstream.sslnegotiation,
    channelBinding: upstream.channelBinding,
    ...(sslcert === undefined || sslkey === undefined
      ? {}
      : { clientCertificate: { sslcert, sslkey, passphrase: keyPassphrase } }),
    requireAuth: upstream.requireAuth,
    password,
  };
}
