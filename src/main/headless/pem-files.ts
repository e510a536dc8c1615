import type { ConnectionConfig } from '../../contract/index.ts';

/** The connection with the paths of its PEM files resolved by `beside`; `system` is no path. */
export function withPemFiles(connection: ConnectionConfig, beside: (path: string) => string): ConnectionConfig {
  const { sslrootcert, sslcert, sslkey, ...upstream } = connection.upstream;
  return {
    ...connection,
    upstream: {
      ...upstream,
      ...(sslrootcert === undefined
        ? {}
        : { sslrootcert: sslrootcert === 'system' ? sslrootcert : beside(sslrootcert) }),
      ...(sslcert === undefined ? {} : { sslcert: beside(sslcert) }),
      ...(sslkey === undefined ? {} : { sslkey: beside(sslkey) }),
    },
  };
}
