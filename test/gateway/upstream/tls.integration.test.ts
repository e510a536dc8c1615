import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AuthMethod, SslMode } from '../../../src/contract/index.ts';
import { cancelUpstream } from '../../../src/gateway/upstream/cancel.ts';
import { connectUpstream } from '../../../src/gateway/upstream/connect.ts';
import { UpstreamError } from '../../../src/gateway/upstream/error.ts';
import { openSideConnection } from '../../../src/gateway/upstream/side-query.ts';
import { testConnection } from '../../../src/gateway/upstream/test-connection.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';
import { createAuthority, createCertificate, type Signature } from '../../support/certificates.ts';
import { serverMajor } from '../../support/since.ts';
import { startTlsPostgres, type TlsPostgres } from '../../support/tls-postgres.ts';

const authority = createAuthority('Postern test authority');
const stranger = createAuthority('Somebody else');
const forLocalhost = createCertificate(authority, ['localhost']);
const password = 'p\u00e4ss w\u00f6rd';

let server: TlsPostgres;
let files: string;
const pemFile = (name: string): string => join(files, name);

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'postern-pem-'));
  await writeFile(pemFile('authority.pem'), authority.pem);
  await writeFile(pemFile('stranger.pem'), stranger.pem);
  await writeFile(pemFile('rubbish.pem'), 'not a certificate');
  server = await startTlsPostgres(forLocalhost, [
    'local all all scram-sha-256',
    'host all u_trust 127.0.0.1/32 trust',
    'host all u_password 127.0.0.1/32 password',
    'host all u_md5 127.0.0.1/32 md5',
    'hostssl all u_tls 127.0.0.1/32 scram-sha-256',
    'hostnossl all u_plain 127.0.0.1/32 scram-sha-256',
    'host all u_scram 127.0.0.1/32 scram-sha-256',
  ]);
  const roles = ['u_trust', 'u_password', 'u_tls', 'u_plain', 'u_scram'];
  await server.run(
    ...roles.map((role) => `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`),
    "SET password_encryption = 'md5'",
    `CREATE ROLE u_md5 LOGIN PASSWORD '${password}'`,
  );
});

afterAll(async () => {
  await server?.stop();
  await rm(files, { recursive: true, force: true });
});

const target = (changes: Partial<UpstreamTarget> = {}): UpstreamTarget => ({
  host: 'localhost',
  port: server.port,
  database: 'postgres',
  user: 'u_scram',
  sslmode: 'verify-full',
  sslrootcert: pemFile('authority.pem'),
  requireAuth: ['scram-sha-256'],
  password,
  ...changes,
});

/** `tls` or `plain` when the log-in worked, the error's code when it did not. */
async function outcome(changes: Partial<UpstreamTarget>): Promise<string> {
  try {
    const { socket, encrypted } = await connectUpstream(target(changes), new Map());
    socket.destroy();
    return encrypted ? 'tls' : 'plain';
  } catch (error) {
    if (error instanceof UpstreamError) return error.code;
    throw error;
  }
}

async function outcomes(changes: Partial<UpstreamTarget>): Promise<Record<SslMode, string>> {
  const modes: SslMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
  const results = await Promise.all(modes.map((sslmode) => outcome({ ...changes, sslmode })));
  return Object.fromEntries(modes.map((mode, index) => [mode, results[index]])) as Record<SslMode, string>;
}

const refused = async (changes: Partial<UpstreamTarget>): Promise<UpstreamError> => {
  const error = await connectUpstream(target(changes), new Map()).catch((reason: unknown) => reason);
  if (error instanceof UpstreamError) return error;
  throw new Error('the connection was expected to be refused');
};

describe('sslmode', () => {
  test('with the right authority and name, every mode but disable and allow encrypts', async () => {
    expect(await outcomes({})).toEqual({
      disable: 'plain',
      allow: 'plain',
      prefer: 'tls',
      require: 'tls',
      'verify-ca': 'tls',
      'verify-full': 'tls',
    });
  });

  test('without an authority only verify-ca and verify-full mind a certificate of unknown origin', async () => {
    expect(await outcomes({ sslrootcert: undefined })).toEqual({
      disable: 'plain',
      allow: 'plain',
      prefer: 'tls',
      require: 'tls',
      'verify-ca': 'tls_untrusted',
      'verify-full': 'tls_untrusted',
    });
  });

  test('with an authority configured, a certificate of another is refused by require too, and prefer does not fall back', async () => {
    expect(await outcomes({ sslrootcert: pemFile('stranger.pem') })).toEqual({
      disable: 'plain',
      allow: 'plain',
      prefer: 'tls_untrusted',
      require: 'tls_untrusted',
      'verify-ca': 'tls_untrusted',
      'verify-full': 'tls_untrusted',
    });
  });

  test('only verify-full minds a certificate for another host name', async () => {
    expect(await outcomes({ host: '127.0.0.1' })).toEqual({
      disable: 'plain',
      allow: 'plain',
      prefer: 'tls',
      require: 'tls',
      'verify-ca': 'tls',
      'verify-full': 'tls_untrusted',
    });
  });

  test('a server without TLS is used by disable, allow and prefer only', async () => {
    const plain = inject('postgres');
    expect(await outcomes({ ...plain })).toEqual({
      disable: 'plain',
      allow: 'plain',
      prefer: 'plain',
      require: 'tls_refused',
      'verify-ca': 'tls_refused',
      'verify-full': 'tls_refused',
    });
  });

  test('allow turns to TLS, and prefer to none, where pg_hba.conf refuses the first attempt', async () => {
    expect(await outcome({ user: 'u_tls', sslmode: 'allow' })).toBe('tls');
    expect(await outcome({ user: 'u_plain', sslmode: 'prefer' })).toBe('plain');
    expect(await outcome({ user: 'u_plain', sslmode: 'require' })).toBe('auth_failed');
  });

  test('a wrong password is not tried a second time without TLS', async () => {
    const error = await refused({ sslmode: 'prefer', password: 'wrong' });
    expect({ code: error.code, sqlstate: error.sqlstate, detail: error.detail }).toEqual({
      code: 'auth_failed',
      sqlstate: '28P01',
      detail: null,
    });
  });

  test('a root certificate file that is missing or holds no certificate is named in the error', async () => {
    for (const file of [pemFile('absent.pem'), pemFile('rubbish.pem')]) {
      const error = await refused({ sslrootcert: file });
      expect(error.code).toBe('tls_untrusted');
      expect(error.message).toBe(`the root certificate file ${file} cannot be used`);
    }
  });
});

describe('authentication methods', () => {
  const cases: [user: string, method: AuthMethod][] = [
    ['u_scram', 'scram-sha-256'],
    ['u_md5', 'md5'],
    ['u_password', 'password'],
    ['u_trust', 'none'],
  ];

  test.each(cases)('%s logs in by %s where that is allowed', async (user, method) => {
    const { socket, authMethod } = await connectUpstream(target({ user, requireAuth: [method] }), new Map());
    socket.destroy();
    expect(authMethod).toBe(method);
  });

  test.each(cases.slice(1))('%s is not answered when %s is not allowed', async (user, method) => {
    const error = await refused({ user });
    expect(error.code).toBe('auth_method_refused');
    expect(error.message).toContain('this connection accepts only scram-sha-256');
    expect(error.hint).toContain(`"${method}"`);
    expect(JSON.stringify([error.message, error.detail, error.hint])).not.toContain(password);
  });

  test.each(cases.slice(0, 3))(
    '%s with a wrong password is refused in the words of the server',
    async (user, method) => {
      const error = await refused({ user, requireAuth: [method], password: 'wrong' });
      expect({ code: error.code, said: error.fields?.M }).toEqual({
        code: 'auth_failed',
        said: `password authentication failed for user "${user}"`,
      });
    },
  );

  test('a Unix socket is used when host is a folder, whatever the sslmode', async () => {
    const { socket, encrypted } = await connectUpstream(target({ host: server.folder }), new Map());
    socket.destroy();
    expect(encrypted).toBe(false);
  });

  test('a missing Unix socket is said so', async () => {
    const error = await refused({ host: files });
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'unreachable',
      message: `cannot connect to ${files}/.s.PGSQL.${server.port}: there is no such socket`,
    });
  });
});

describe('channel binding', () => {
  /** A certificate that is not checked: then only a binding that both sides make alike lets us in. */
  const unchecked = { sslrootcert: undefined, sslmode: 'require' } as const;
  const served = async (signature: Signature): Promise<string> => {
    const signer = createAuthority(`Authority by ${signature}`, signature);
    const file = pemFile(`${signature}.pem`);
    await writeFile(file, signer.pem);
    await server.serveCertificate(createCertificate(signer, ['localhost']));
    return file;
  };

  test.each<Signature>(['ecdsa-sha384', 'rsa-sha512', 'rsa-pss-sha384'])(
    'the server accepts our binding to a certificate signed with %s',
    async (signature) => {
      await served(signature);
      expect(await outcome(unchecked)).toBe('tls');
    },
  );

  test('where the signature knows no binding, a checked certificate will do and an unchecked one will not', async () => {
    const sslrootcert = await served('ed25519');
    expect(await outcome({ sslrootcert })).toBe('tls');
    expect(await outcome(unchecked)).toBe('auth_protocol');
    await server.serveCertificate(forLocalhost);
  });
});

test('a session under TLS is cancelled under TLS', async () => {
  const side = await openSideConnection(target());
  const { processId, secretKey, encrypted } = side.upstream;
  const sleeping = side.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
  const watcher = await openSideConnection(target());
  const asleep = `SELECT 1 FROM pg_stat_activity WHERE pid = ${processId} AND wait_event = 'PgSleep'`;
  while ((await watcher.query(asleep)).length === 0);
  await cancelUpstream(target(), processId, secretKey, { encrypted });
  expect(await sleeping).toMatchObject({ code: 'server_error', sqlstate: '57014' });
  watcher.close();
  side.close();
});

describe('testConnection', () => {
  test('names each step of a connection that works', async () => {
    const result = await testConnection(target(), { resolveHost: async () => ['127.0.0.1'] });
    expect(result).toEqual({
      ok: true,
      steps: [
        { name: 'Resolve the host', ok: true, detail: 'localhost is 127.0.0.1' },
        { name: 'Connect', ok: true, detail: `connected to localhost:${server.port}` },
        { name: 'Encrypt', ok: true, detail: 'TLS, certificate and host name checked' },
        { name: 'Log in', ok: true, detail: 'logged in as u_scram' },
        {
          name: 'First query',
          ok: true,
          detail: expect.stringMatching(
            new RegExp(`^PostgreSQL ${serverMajor()}.*; user u_scram, database postgres(\\. Warning: .*)?$`),
          ),
        },
        {
          name: 'Look at the account',
          ok: true,
          detail:
            'u_scram is no superuser and owns nothing here; it may not create roles, so all sessions log in as it',
        },
      ],
      serverVersion: expect.stringMatching(new RegExp(`^${serverMajor()}`)),
      encrypted: true,
      account: expect.objectContaining({ role: 'u_scram', superuser: false }),
    });
  });

  test('ends at the step that failed', async () => {
    const fate = async (changes: Partial<UpstreamTarget>): Promise<unknown> => {
      const { ok, steps } = await testConnection(target(changes));
      return { ok, failed: steps.at(-1)?.name, passed: steps.slice(0, -1).every((step) => step.ok) };
    };
    expect(await fate({ host: 'no-such-host.invalid' })).toEqual({
      ok: false,
      failed: 'Resolve the host',
      passed: true,
    });
    expect(await fate({ port: 1 })).toEqual({ ok: false, failed: 'Connect', passed: true });
    expect(await fate({ sslrootcert: pemFile('stranger.pem') })).toEqual({
      ok: false,
      failed: 'Encrypt',
      passed: true,
    });
    expect(await fate({ password: 'wrong' })).toEqual({ ok: false, failed: 'Log in', passed: true });
    expect(await fate({ password: null })).toEqual({ ok: false, failed: 'Log in', passed: true });
  });
});
