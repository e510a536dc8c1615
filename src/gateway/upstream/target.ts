import type { ConnectionConfig } from '../../contract/index.ts';
import type { CredentialVault } from './credentials.ts';
import type { UpstreamTarget } from './types.ts';

/** What of a target only the vault knows. */
export interface UpstreamSecrets {
  readonly password: string | null;
  /** Of the private key of the client certificate. */
  readonly keyPassphrase: string | null;
}

/** The secrets of a connection; `password` stands in for the stored one. Rejects with UpstreamError `credential_missing`. */
export async function resolveSecrets(
  vault: CredentialVault,
  config: ConnectionConfig,
  password: string | null = null,
): Promise<UpstreamSecrets> {
  return {
    password: password ?? (await vault.resolve(config)),
    keyPassphrase: await vault.keyPassphrase(config),
  };
}

/** Where a configured connection leads. Database and user are the agent's own where the configuration passes them through. */
export function upstreamTarget(
  config: ConnectionConfig,
  { password, keyPassphrase }: UpstreamSecrets,
  asked: { readonly database?: string | undefined; readonly user?: string | undefined } = {},
): UpstreamTarget {
  const { upstream } = config;
  const { sslcert, sslkey } = upstream;
  return {
    host: upstream.host,
    port: upstream.port,
    database: config.anyDatabase ? (asked.database ?? upstream.database) : upstream.database,
    user: config.anyUser ? (asked.user ?? upstream.user) : upstream.user,
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
