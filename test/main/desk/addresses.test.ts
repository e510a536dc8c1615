import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { agentAddress, agentAddresses } from '../../../src/main/desk/addresses.ts';
import { aConnection, anAgent } from '../support/fakes.ts';

const certificateFile = '/home/ada/my data/postern-ca.crt';
const open = { host: '127.0.0.1', port: 6432, certificateFile };
const verified = 'sslmode=verify-full&sslrootcert=/home/ada/my%20data/postern-ca.crt';

test('on an open listener the connection’s name is the database that chooses it', () => {
  const { url, database, user, psql } = agentAddress(aConnection(), 'claude', open, 'pstn_k-_1');
  expect({ url, database, user, psql }).toEqual({
    url: `postgresql://claude:pstn_k-_1@127.0.0.1:6432/orders?${verified}`,
    database: 'orders',
    user: 'claude',
    psql: `psql 'postgresql://claude:pstn_k-_1@127.0.0.1:6432/orders?${verified}'`,
  });
});

test('on a listener of its own the database has its own name', () => {
  const connection = aConnection({ name: 'prod' });
  expect(agentAddress(connection, 'claude', { ...open, connection: 'prod' }, null).url).toBe(
    `postgresql://claude:<key>@127.0.0.1:6432/orders?${verified}`,
  );
});

test('where the agent’s own user goes upstream, the address names the configured one', () => {
  expect(agentAddress(aConnection({ anyUser: true }), 'claude', open, null).user).toBe('app');
});

test('addresses of all interfaces become ones that can be dialled, and IPv6 is bracketed', () => {
  expect(agentAddress(aConnection(), 'c', { ...open, host: '0.0.0.0' }, null).host).toBe('127.0.0.1');
  expect(agentAddress(aConnection(), 'c', { ...open, host: '::' }, null).url).toBe(
    `postgresql://c:<key>@[::1]:6432/orders?${verified}`,
  );
});

test('a listener without TLS has an address that asks for none', () => {
  expect(agentAddress(aConnection(), 'c', { ...open, tls: 'off' }, null).url).toBe(
    'postgresql://c:<key>@127.0.0.1:6432/orders',
  );
});

test('a Unix socket’s address names its folder in the form that libpq and drivers share', () => {
  const { url, host, port } = agentAddress(aConnection(), 'c', { ...open, host: '/run/a b/postern' }, null);
  expect({ url, host, port }).toEqual({
    url: 'postgresql://c:<key>@/orders?host=/run/a%20b/postern&port=6432',
    host: '/run/a b/postern',
    port: 6432,
  });
});

test('the Claude line gives the address in the environment and the briefing unexpanded', () => {
  const { claude, url } = agentAddress(aConnection(), 'claude', open, "it's");
  // A real shell is the judge of the quoting; `claude` is replaced by a function that shows what it was given.
  const seen = execFileSync('sh', ['-c', `claude() { printf '%s\\n' "$DATABASE_URL" "$1" "$2"; }; ${claude}`], {
    encoding: 'utf8',
  });
  const [address, option, briefing] = seen.split('\n');
  expect([address, option]).toEqual([url, '--append-system-prompt']);
  expect(briefing).toContain('psql "$DATABASE_URL"');
  expect(briefing).not.toContain(url);
});

test('every agent has an address for each connection it may use, on each listener that leads there', () => {
  const connections = [aConnection({ name: 'a' }), aConnection({ name: 'b' })];
  const agents = [
    anAgent({ name: 'one', connections: ['a', 'b'] }),
    anAgent({ name: 'two', connections: ['b'] }),
    anAgent({ name: 'gone', connections: ['a'], revokedAt: 5 }),
  ];
  const listeners = [open, { ...open, port: 6433, connection: 'b' }];
  const urls = agentAddresses(connections, agents, { listeners, certificateFile }, new Map([['two', 'k2']])).map(
    ({ url }) => url.replace(`?${verified}`, ''),
  );
  expect(urls).toEqual([
    'postgresql://one:<key>@127.0.0.1:6432/a',
    'postgresql://one:<key>@127.0.0.1:6432/b',
    'postgresql://one:<key>@127.0.0.1:6433/orders',
    'postgresql://two:k2@127.0.0.1:6432/b',
    'postgresql://two:k2@127.0.0.1:6433/orders',
  ]);
});
