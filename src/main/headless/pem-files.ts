import type { ConnectionConfig } from '../../contract/index.ts';

/** The connection with the paths of its files resolved by `beside`; `system` is no path. */
export function withPemFiles(connection: ConnectionConfig, beside: (path: string) => string): ConnectionConfig {
  const { sslrootcert, sslcert, sslkey, credential, ...upstream } = connection.upstream;
  return {
    ...connection,
    upstream: {
      ...upstream,
      credential:
        'file' in credential && credential.file !== undefined
          ? { ...credential, file: beside(credential.file) }
          : credential,
      ...(sslrootcert === undefined
        ? {}
        : { sslrootcert: sslrootcert === 'system' ? sslrootcert : beside(sslrootcert) }),
      ...(sslcert === undefined ? {} : { sslcert: beside(sslcert) }),
      ...(sslkey === undefined ? {} : { sslkey: beside(sslkey) }),
    },
  };
}
