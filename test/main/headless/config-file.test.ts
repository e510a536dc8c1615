import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfigFile as parseWith } from '../../../src/main/headless/config-file.ts';

const parseConfigFile = (text: string, path: string) =>
  parseWith(text, path, (service, file) => {
    if (service !== 'shop') throw new Error(`there is no service ${service} in ${file}`);
    const settings = { host: 'db.shop', port: 5433, database: 'shop', user: 'app', sslmode: 'require' as const };
    return {
      service,
      file: '/home/ada/.pg_service.conf',
      settings,
      unsupported: file === 'odd' ? ['hostaddr'] : [],
      problem: null,
    };
  });

const minimal = {
  connections: [{ name: 'orders', upstream: { host: 'db', database: 'orders', user: 'app' } }],
  agents: [{ name: 'claude', key: { environment: 'KEY' }, connections: ['orders'] }],
};

function fault(config: unknown): { code?: string; message?: string } {
  try {
    parseConfigFile(typeof config === 'string' ? config : JSON.stringify(config), '/etc/postern.json');
    return {};
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return { code, message };
  }
}

test('a minimal file is filled with the documented defaults', () => {
  expect(parseConfigFile(JSON.stringify(minimal), 'c.json')).toEqual({
    identityProviders: [],
    listeners: [{ host: '127.0.0.1', port: 6432 }],
    connections: [
      {
        name: 'orders',
        upstream: {
          host: 'db',
          port: 5432,
          database: 'orders',
          user: 'app',
          sslmode: 'verify-full',
          sslnegotiation: 'postgres',
          channelBinding: 'prefer',
          requireAuth: ['scram-sha-256'],
          credential: { from: 'prompt' },
        },
        environment: 'production',
        policy: 'production',
        policyRules: [],
        anyDatabase: false,
        anyUser: false,
        keepTransactionsWhileHeld: false,
        maskRules: [],
        maskedComparisons: 20,
        authentication: 'password',
        detectors: { action: 'report', overrides: {} },
        sessionRole: { kind: 'configured' },
      },
    ],
    agents: minimal.agents,
    approvalDeadlineSeconds: 300,
    console: { host: '127.0.0.1', port: 0 },
  });
});

test('the example that we ship is a valid file', () => {
  const path = 'resources/example.config.jsonc';
  const { connections, agents } = parseConfigFile(readFileSync(path, 'utf8'), path);
  expect([connections.map(({ name }) => name), agents.map(({ name }) => name)]).toEqual([
    ['orders', 'staging'],
    ['claude', 'nightly-report'],
  ]);
});

test.each([
  ['an unknown field', { ...minimal, journalFolders: 'x' }, 'journalFolders: there is no such field'],
  [
    'an unknown field deep inside',
    {
      ...minimal,
      connections: [
        { ...minimal.connections[0], upstream: { ...minimal.connections[0]?.upstream, password: 'secret' } },
      ],
    },
    'connections[0].upstream.password: there is no such field',
  ],
  [
    'a port that is none',
    { ...minimal, listeners: [{ port: 70000 }] },
    'listeners[0].port: Too big: expected number to be <=65535',
  ],
  [
    'two sources for one key',
    { ...minimal, agents: [{ ...minimal.agents[0], key: { environment: 'A', fileDescriptor: 3 } }] },
    'agents[0].key: must be exactly one of {"environment": "VARIABLE"}, {"fileDescriptor": 3} or {"hash": "<64 hex digits>"}',
  ],
  [
    'a key in clear',
    { ...minimal, agents: [{ ...minimal.agents[0], key: 'pstn_x' }] },
    'agents[0].key: must be exactly one of {"environment": "VARIABLE"}, {"fileDescriptor": 3} or {"hash": "<64 hex digits>"}',
  ],
  [
    'an agent for a connection that is not there',
    { ...minimal, agents: [{ ...minimal.agents[0], connections: ['orders', 'other'] }] },
    'agents[0].connections[1]: there is no connection named other',
  ],
  [
    'a listener for a connection that is not there',
    { ...minimal, listeners: [{ port: 1, connection: 'other' }] },
    'listeners[0].connection: there is no connection named other',
  ],
  [
    'a name used twice',
    { ...minimal, connections: [...minimal.connections, ...minimal.connections] },
    'connections[1].name: orders is already taken',
  ],
  [
    'a console that others could reach',
    { ...minimal, console: { host: '0.0.0.0' } },
    'console.host: Invalid option: expected one of "127.0.0.1"|"::1"',
  ],
  [
    'a token that nobody may give',
    { ...minimal, connections: [{ ...minimal.connections[0], authentication: 'oauthbearer' }] },
    'connections[0].authentication: no identity provider grants orders, so nobody could connect',
  ],
  ['no agents', { ...minimal, agents: [] }, 'agents: nobody could connect; give an agent or an identity provider'],
])('%s is refused by its path', (_what, config, words) => {
  expect(fault(config)).toEqual({ code: 'config_invalid', message: `/etc/postern.json: ${words}` });
});

test('two mask rules with one id are refused', () => {
  const rule = { id: 'a', table: 't', column: 'c', masker: { kind: 'full' } };
  const connections = [{ ...minimal.connections[0], maskRules: [rule, rule] }];
  expect(fault({ ...minimal, connections }).message).toBe(
    '/etc/postern.json: connections[0].maskRules[1].id: a is already taken',
  );
});

test('two rules of the policy with one id are refused', () => {
  const rule = { id: 'a', when: {}, verdict: 'ask', reason: 'because' };
  const connections = [{ ...minimal.connections[0], policyRules: [rule, rule] }];
  expect(fault({ ...minimal, connections }).message).toBe(
    '/etc/postern.json: connections[0].policyRules[1].id: a is already taken',
  );
});

test('a file that is no JSON names the file and says so', () => {
  expect(fault('{ "connections": [')).toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/^\/etc\/postern\.json: it is not JSON: /),
  });
});

test('a fault in the JSON is placed by line and column, as an editor shows it, comments counted', () => {
  expect(fault('{ // a comment\n  "agents": [] /* more\n */\n  "connections": []\n}')).toMatchObject({
    message: "/etc/postern.json: it is not JSON: Expected ',' or '}' after property value at line 4, column 3",
  });
});

test('a listener says how it is secured', () => {
  const listeners = [
    { host: '0.0.0.0', port: 1, tls: 'require', names: ['box.example', '10.0.0.5'], allowedUsers: [1001] },
    { host: '/run/postern', port: 6432 },
  ];
  expect(parseConfigFile(JSON.stringify({ ...minimal, listeners }), 'c.json').listeners).toEqual(listeners);
});

test.each([
  ['no TLS beyond loopback', { host: '0.0.0.0', tls: 'off' }, 'listeners[0].tls: TLS must be "require" on 0.0.0.0'],
  ['TLS by choice beyond loopback', { host: '::', tls: 'allow' }, 'listeners[0].tls: TLS must be "require" on ::'],
  ['a Unix socket without a number', { host: '/run/x', port: 0 }, 'listeners[0].host: a Unix socket needs a port'],
  ['a name that no certificate can have', { names: ['a b'] }, 'listeners[0].names[0]: must be a DNS name'],
  ['users by name', { allowedUsers: ['ada'] }, 'listeners[0].allowedUsers: must be "own", "any" or a list of user ids'],
])('%s is refused', (_, listener, message) => {
  expect(fault({ ...minimal, listeners: [listener] })).toEqual({
    code: 'config_invalid',
    message: expect.stringContaining(message),
  });
});

const withUpstream = (upstream: unknown) => ({ ...minimal, connections: [{ name: 'orders', upstream }] });

test('a connection by the name of a service gets what the service says, and its own fields go before', () => {
  const parsed = (upstream: unknown) =>
    parseConfigFile(JSON.stringify(withUpstream(upstream)), 'c.json').connections[0]?.upstream;
  expect(parsed({ service: 'shop' })).toMatchObject({
    host: 'db.shop',
    port: 5433,
    database: 'shop',
    user: 'app',
    sslmode: 'require',
    credential: { from: 'service', service: 'shop' },
  });
  expect(
    parsed({ service: 'shop', serviceFile: 'mine', database: 'other', credential: { from: 'pgpass' } }),
  ).toMatchObject({ host: 'db.shop', database: 'other', credential: { from: 'pgpass' } });
});

test('a service that is not there, or that cannot be followed, is named by its place in the file', () => {
  expect([
    fault(withUpstream({ service: 'none', serviceFile: 'f' })).message,
    fault(withUpstream({ service: 'shop', serviceFile: 'odd' })).message,
    fault(withUpstream({ service: 5 })).message,
  ]).toEqual([
    '/etc/postern.json: connections[0].upstream.service: there is no service none in f',
    '/etc/postern.json: connections[0].upstream.service: the service shop in /home/ada/.pg_service.conf sets hostaddr, which cannot be followed; give the fields of the connection instead',
    expect.stringContaining('connections[0].upstream.service: there is no such field'),
  ]);
});
