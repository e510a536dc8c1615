import { createPrivateKey } from 'node:crypto';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { cancelUpstream } from '../../../src/gateway/upstream/cancel.ts';
import { connectUpstream } from '../../../src/gateway/upstream/connect.ts';
import { UpstreamError } from '../../../src/gateway/upstream/error.ts';
import { openSideConnection } from '../../../src/gateway/upstream/side-query.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';
import { createAuthority, createCertificate } from '../../support/certificates.ts';
import { startGate } from '../../support/gate.ts';
import { since } from '../../support/since.ts';
import { startTlsMitm } from '../../support/tls-mitm.ts';
import { startTlsPostgres, type TlsPostgres } from '../../support/tls-postgres.ts';

const authority = createAuthority('Postern test authority');
const stranger = createAuthority('Somebody else');
const password = 'correct horse';
const passphrase = 'battery staple';

let server: TlsPostgres;
let files: string;
const file = (name: string): string => join(files, name);

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'postern-pem-'));
  const client = createCertificate(authority, ['u_cert']);
  const other = createCertificate(authority, ['u_other']);
  const unknown = createCertificate(stranger, ['u_cert']);
  const locked = createPrivateKey(client.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  const pem: [name: string, text: string | Buffer, mode?: number][] = [
    ['authority.pem', authority.pem],
    ['client.crt', client.pem],
    ['client.key', client.keyPem, 0o600],
    ['locked.key', locked, 0o600],
    ['other.crt', other.pem],
    ['other.key', other.keyPem, 0o600],
    ['unknown.crt', unknown.pem],
    ['unknown.key', unknown.keyPem, 0o600],
    ['rubbish.key', 'not a key', 0o600],
  ];
  for (const [name, text, mode = 0o644] of pem) await writeFile(file(name), text, { mode });
  server = await startTlsPostgres(
    createCertificate(authority, ['localhost']),
    [
      'hostssl all u_cert 127.0.0.1/32 cert',
      'hostssl all u_both 127.0.0.1/32 scram-sha-256 clientcert=verify-ca',
      'host all u_trust 127.0.0.1/32 trust',
      'host all u_scram 127.0.0.1/32 scram-sha-256',
    ],
    authority,
  );
  await server.run(
    ...['u_cert', 'u_both', 'u_scram', 'u_trust'].map((role) => `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`),
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
  sslrootcert: file('authority.pem'),
  requireAuth: ['scram-sha-256'],
  password,
  ...changes,
});
const shown = (name: string, key = name, secret: string | null = null) => ({
  clientCertificate: { sslcert: file(`${name}.crt`), sslkey: file(`${key}.key`), passphrase: secret },
});
const logIn = async (changes: Partial<UpstreamTarget>): Promise<string> => {
  const { socket, authMethod } = await connectUpstream(target(changes), new Map());
  socket.destroy();
  return authMethod;
};
const refused = async (changes: Partial<UpstreamTarget>): Promise<UpstreamError> => {
  const error = await logIn(changes).catch((reason: unknown) => reason);
  if (error instanceof UpstreamError) return error;
  throw new Error(`the connection was expected to be refused: ${error}`);
};
const byCertificate = { user: 'u_cert', requireAuth: ['none'], password: null } as const;

describe('a client certificate', () => {
  test('logs in without a password where the server takes that', async () => {
    expect(await logIn({ ...byCertificate, ...shown('client') })).toBe('none');
  });

  test('comes on top of the password where the server wants both', async () => {
    expect(await logIn({ user: 'u_both', ...shown('other') })).toBe('scram-sha-256');
    expect((await refused({ user: 'u_both' })).fields?.M).toBe('connection requires a valid client certificate');
  });

  test('whose key is encrypted is opened by its passphrase', async () => {
    expect(await logIn({ ...byCertificate, ...shown('client', 'locked', passphrase) })).toBe('none');
  });

  test('of another user is refused in the words of the server', async () => {
    const error = await refused({ ...byCertificate, ...shown('other') });
    expect([error.code, error.fields?.M]).toEqual([
      'auth_failed',
      'certificate authentication failed for user "u_cert"',
    ]);
  });

  test('of an authority that the server does not know is said to be not accepted', async () => {
    const error = await refused({ ...byCertificate, ...shown('unknown') });
    expect([error.code, error.message]).toEqual([
      'client_certificate',
      `localhost:${server.port} does not accept the client certificate: unknown ca`,
    ]);
  });

  test('is used by side connections and cancels too', async () => {
    const to = target({ ...byCertificate, ...shown('client') });
    const side = await openSideConnection(to);
    const { processId, secretKey, encrypted } = side.upstream;
    const sleeping = side.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
    await cancelUpstream(to, processId, secretKey, { encrypted });
    expect(await sleeping).toMatchObject({ sqlstate: '57014' });
    side.close();
  });

  test('is used by the sessions of a gate, its passphrase read from the environment and from nowhere else', async () => {
    process.env.POSTERN_TEST_PASSPHRASE = passphrase;
    const gate = await startGate({
      database: 'postgres',
      policy: 'observe',
      password: null,
      upstream: {
        host: 'localhost',
        port: server.port,
        user: 'u_cert',
        sslmode: 'verify-full',
        sslrootcert: file('authority.pem'),
        sslcert: file('client.crt'),
        sslkey: file('locked.key'),
        sslkeyPassphrase: { from: 'environment', variable: 'POSTERN_TEST_PASSPHRASE' },
        requireAuth: ['none'],
        credential: { from: 'none' },
      },
    });
    const client = await gate.connect();
    expect(
      (await client.query('SELECT current_user AS who, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows,
    ).toEqual([{ who: 'u_cert', ssl: true }]);
    expect(process.env.POSTERN_TEST_PASSPHRASE).toBeUndefined();
    await gate.stop();
  });
});

describe('files of a client certificate that cannot be used', () => {
  const fault = async (changes: Partial<UpstreamTarget>): Promise<string> => {
    const error = await refused({ ...byCertificate, ...changes });
    expect(error.code).toBe('client_certificate');
    expect(JSON.stringify([error.message, error.detail, error.hint])).not.toContain(passphrase);
    return error.message.replaceAll(`${files}/`, '');
  };

  test.each([
    ['a missing certificate', () => shown('absent', 'client'), 'the client certificate file absent.crt cannot be used'],
    ['a missing key', () => shown('client', 'absent'), 'the private key file absent.key cannot be read'],
    [
      'the key of another certificate',
      () => shown('client', 'other'),
      'the private key other.key cannot be used with the certificate client.crt: the key is of another certificate',
    ],
    [
      'a wrong passphrase',
      () => shown('client', 'locked', 'wrong'),
      'the private key locked.key cannot be used with the certificate client.crt: the passphrase is wrong',
    ],
    [
      'an encrypted key without a passphrase',
      () => shown('client', 'locked'),
      'the private key locked.key cannot be used with the certificate client.crt: the key is encrypted and no passphrase is known',
    ],
    [
      'no key at all',
      () => shown('client', 'rubbish'),
      'the private key rubbish.key cannot be used with the certificate client.crt: it is not a private key in PEM form',
    ],
  ])('%s', async (_, changes, message) => {
    expect(await fault(changes())).toBe(message);
  });

  test('a passphrase is called wrong by every one of many, also where its padding happens to be valid', async () => {
    const told = new Set<string>();
    for (let n = 0; n < 500; n += 1) told.add(await fault(shown('client', 'locked', `wrong ${n}`)));
    expect([...told]).toEqual([
      'the private key locked.key cannot be used with the certificate client.crt: the passphrase is wrong',
    ]);
  });

  test('a key that others may read, by libpq’s rule: 0600 for a user’s own, 0640 for one of root’s', async () => {
    await writeFile(file('open.key'), createCertificate(authority, ['x']).keyPem);
    const owners = process.getuid?.() === 0 ? [0, 12_345] : [process.getuid?.() ?? 0];
    const readable: string[] = [];
    for (const owner of owners) {
      await chown(file('open.key'), owner, -1);
      for (const mode of [0o400, 0o600, 0o640, 0o660, 0o644, 0o610]) {
        await chmod(file('open.key'), mode);
        const message = await fault(shown('client', 'open'));
        if (!message.includes('can be read by others'))
          readable.push(`${owner === 0 ? 'root' : 'user'} ${mode.toString(8)}`);
      }
    }
    const ofRoot = owners[0] === 0 ? ['root 400', 'root 600', 'root 640'] : [];
    const ofUser = owners.some((owner) => owner !== 0) ? ['user 400', 'user 600'] : [];
    expect(readable).toEqual([...ofRoot, ...ofUser]);
  });
});

describe('channelBinding', () => {
  test('require takes a log-in that is bound, and disable one that is not', async () => {
    expect(await logIn({ channelBinding: 'require' })).toBe('scram-sha-256');
    expect(await logIn({ channelBinding: 'disable' })).toBe('scram-sha-256');
  });

  test('require refuses every log-in that is not bound, whatever requireAuth allows', async () => {
    const requireAuth = ['none', 'password', 'md5', 'scram-sha-256'] as const;
    const cases: Partial<UpstreamTarget>[] = [
      { sslmode: 'disable' },
      { user: 'u_trust' },
      { ...byCertificate, ...shown('client') },
      { ...inject('postgres'), sslmode: 'prefer' },
    ];
    for (const changes of cases) {
      const error = await refused({ ...changes, requireAuth, channelBinding: 'require' });
      expect([error.code, error.message]).toEqual([
        'auth_method_refused',
        expect.stringContaining('and channelBinding is require'),
      ]);
    }
  });

  test('somebody between who removes the server’s offer is noticed by the server; with require, by us', async () => {
    const theirs = createCertificate(stranger, ['localhost']);
    const without = (chunk: Buffer): Buffer => {
      const text = chunk.toString('latin1');
      const plus = 'SCRAM-SHA-256-PLUS\0';
      if (!text.includes(plus)) return chunk;
      const shorter = Buffer.from(text.replace(plus, ''), 'latin1');
      shorter.writeUInt32BE(chunk.readUInt32BE(1) - plus.length, 1);
      return shorter;
    };
    const between = await startTlsMitm({ host: '127.0.0.1', port: server.port }, theirs, without);
    const unchecked = { port: between.port, sslmode: 'require', sslrootcert: undefined } as const;
    const noticed = await refused(unchecked);
    expect([noticed.code, noticed.fields?.M]).toEqual(['auth_protocol', 'SCRAM channel binding negotiation error']);
    expect((await refused({ ...unchecked, channelBinding: 'require' })).code).toBe('auth_method_refused');
    await between.close();
  });

  test('somebody between who leaves the offer is noticed, since the binding is to another certificate', async () => {
    const theirs = createCertificate(stranger, ['localhost']);
    const between = await startTlsMitm({ host: '127.0.0.1', port: server.port }, theirs, (chunk) => chunk);
    const error = await refused({ port: between.port, sslmode: 'require', sslrootcert: undefined });
    expect([error.code, error.fields?.M]).toEqual(['auth_protocol', 'SCRAM channel binding check failed']);
    await between.close();
  });
});

describe('sslnegotiation direct', () => {
  const direct = { sslnegotiation: 'direct' } as const;

  since(17)('begins with TLS, for sessions and cancels', async () => {
    const side = await openSideConnection(target(direct));
    expect(side.upstream.encrypted).toBe(true);
    const { processId, secretKey, encrypted } = side.upstream;
    const sleeping = side.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
    await cancelUpstream(target(direct), processId, secretKey, { encrypted });
    expect(await sleeping).toMatchObject({ sqlstate: '57014' });
    side.close();
  });

  since(17)('checks the certificate as much', async () => {
    await writeFile(file('stranger.pem'), stranger.pem);
    expect((await refused({ ...direct, sslrootcert: file('stranger.pem') })).code).toBe('tls_untrusted');
  });
});
