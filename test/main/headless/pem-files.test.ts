import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { connectionConfig } from '../../../src/contract/index.ts';
import { withPemFiles } from '../../../src/main/headless/pem-files.ts';

test('paths of PEM files start at the folder of the configuration file; the system’s authorities are no path', () => {
  const resolved = (files: Record<string, string>): Record<string, string | undefined> => {
    const upstream = { host: 'db', database: 'shop', user: 'app', ...files };
    const config = withPemFiles(connectionConfig.parse({ name: 'shop', upstream }), (path) =>
      resolve('/etc/postern', path),
    );
    const { sslrootcert, sslcert, sslkey } = config.upstream;
    return { sslrootcert, sslcert, sslkey };
  };
  expect(resolved({ sslrootcert: 'ca.pem', sslcert: 'tls/a.crt', sslkey: '/secret/a.key' })).toEqual({
    sslrootcert: '/etc/postern/ca.pem',
    sslcert: '/etc/postern/tls/a.crt',
    sslkey: '/secret/a.key',
  });
  expect(resolved({ sslrootcert: 'system' })).toEqual({ sslrootcert: 'system' });
  expect(resolved({})).toEqual({});
});
