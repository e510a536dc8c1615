import { expect, test } from 'vitest';
import { type ConnectionConfig, connectionConfig } from '../../../src/contract/index.ts';
import { upstreamTarget } from '../../../src/gateway/upstream/target.ts';

const config = (changes: Partial<ConnectionConfig> = {}): ConnectionConfig =>
  connectionConfig.parse({ name: 'shop', upstream: { host: 'db', database: 'shop', user: 'app' }, ...changes });
const asked = { database: 'other', user: 'root' };

test('a connection leads to its own database and user, whatever the agent asks for', () => {
  expect(upstreamTarget(config(), { password: 'secret', keyPassphrase: null }, asked)).toEqual({
    host: 'db',
    port: 5432,
    database: 'shop',
    user: 'app',
    sslmode: 'verify-full',
    sslrootcert: undefined,
    sslnegotiation: 'postgres',
    channelBinding: 'prefer',
    requireAuth: ['scram-sha-256'],
    password: 'secret',
  });
});

test('database and user are passed through only where the configuration says so, each on its own', () => {
  const lead = (changes: Partial<ConnectionConfig>): unknown => {
    const { database, user } = upstreamTarget(config(changes), { password: null, keyPassphrase: null }, asked);
    return { database, user };
  };
  expect(lead({ anyDatabase: true })).toEqual({ database: 'other', user: 'app' });
  expect(lead({ anyUser: true })).toEqual({ database: 'shop', user: 'root' });
});

test('a client certificate is shown with the passphrase that the vault had', () => {
  const upstream = { ...config().upstream, sslcert: 'a.crt', sslkey: 'a.key' };
  expect(upstreamTarget(config({ upstream }), { password: null, keyPassphrase: 'open' }).clientCertificate).toEqual({
    sslcert: 'a.crt',
    sslkey: 'a.key',
    passphrase: 'open',
  });
});
