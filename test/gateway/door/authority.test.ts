import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Authority, authorityKeyFile, openAuthority } from '../../../src/gateway/door/authority.ts';

const dayMs = 24 * 3600 * 1000;
let folder: string;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-authority-'));
  now = Date.now();
});
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});
const keyPath = () => join(folder, 'keys', authorityKeyFile);
const certificatePath = () => join(folder, 'postern-ca.crt');
const open = (names: string[] = []): Authority =>
  openAuthority({ keyFolder: join(folder, 'keys'), certificateFile: certificatePath(), names, now: () => now });
const keyOf = (pem: string): string =>
  new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** What a TLS client that trusts `certificate` says of a server with `context` when it goes to `host`: null when content. */
const verdictOf = async (certificate: string, authority: Authority, names: string[], host: string) => {
  const context = authority.server(names)();
  const server = createServer((socket) => {
    new TLSSocket(socket, { isServer: true, secureContext: context }).on('error', () => undefined);
    socket.on('error', () => undefined);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return new Promise<string | null>((resolve) => {
    const socket = connect({ port: address.port, host: '127.0.0.1', servername: host, ca: certificate });
    const done = (verdict: string | null): void => {
      socket.destroy();
      resolve(verdict);
    };
    socket.once('secureConnect', () => done(null));
    socket.once('error', (error) => done(error.message));
  });
};

describe('the authority of an installation', () => {
  test('is made once: a private key for this user alone and a certificate for everybody', () => {
    const first = open();
    expect(first.renewed).toBe('new');
    expect([statSync(keyPath()).mode & 0o777, statSync(certificatePath()).mode & 0o777]).toEqual([0o600, 0o644]);
    const again = open();
    expect([again.renewed, again.certificate]).toEqual([null, first.certificate]);
    expect(readdirSync(join(folder, 'keys'))).toEqual([authorityKeyFile]);
    expect(first.certificate).not.toContain('PRIVATE');
  });

  test('vouches for loopback and its listeners', async () => {
    const authority = open(['gate.example']);
    expect(await verdictOf(authority.certificate, authority, ['gate.example'], 'localhost')).toBe(null);
    expect(await verdictOf(authority.certificate, authority, ['gate.example'], 'gate.example')).toBe(null);
    expect(await verdictOf(authority.certificate, authority, [], 'gate.example')).toContain(
      'does not match certificate',
    );
  });

  test('is good for nothing else, though somebody has its key', async () => {
    const authority = open();
    for (const name of ['bank.example', '10.0.0.1', '::2']) {
      expect([name, await verdictOf(authority.certificate, authority, [name], 'localhost')]).toEqual([
        name,
        'permitted subtree violation',
      ]);
    }
  });

  test('keeps its key when names change, so that older copies of the certificate still fit loopback', async () => {
    const before = open();
    const after = open(['gate.example']);
    expect([after.renewed, keyOf(after.certificate)]).toEqual(['names', keyOf(before.certificate)]);
    expect(await verdictOf(before.certificate, after, [], 'localhost')).toBe(null);
    expect(open(['gate.example']).renewed).toBe(null);
  });

  test('renews its certificate in its last year, over the same key', () => {
    const before = open();
    now += 18.9 * 365 * dayMs;
    expect(open().renewed).toBe(null);
    now += 0.2 * 365 * dayMs;
    const after = open();
    expect([after.renewed, keyOf(after.certificate)]).toEqual(['expiring', keyOf(before.certificate)]);
  });

  test.each([
    ['somebody else’s certificate', (own: string) => own.replace(/[\s\S]*/, otherCertificate())],
    ['a second certificate behind its own', (own: string) => own + otherCertificate()],
    ['no certificate', () => 'hello'],
  ])('puts %s right and says so', (_, change) => {
    const { certificate } = open();
    writeFileSync(certificatePath(), change(certificate));
    const again = open();
    expect(again.renewed).toBe('replaced');
    expect(readFileSync(certificatePath(), 'utf8')).toBe(again.certificate);
    expect(keyOf(again.certificate)).toBe(keyOf(certificate));
  });

  test.each([
    ['is no key', () => writeFileSync(keyPath(), 'no key', { mode: 0o600 })],
    [
      'is open to others',
      () => {
        const key = readFileSync(keyPath());
        rmSync(keyPath());
        writeFileSync(keyPath(), key, { mode: 0o644 });
      },
    ],
  ])('never replaces a key that %s', (_, spoil) => {
    open();
    spoil();
    const spoiled = readFileSync(keyPath());
    expect(() => open()).toThrow(expect.objectContaining({ code: 'authority_unusable' }));
    expect(readFileSync(keyPath())).toEqual(spoiled);
  });

  test('a server’s certificate is in memory only and renewed while it runs', () => {
    const context = open().server([]);
    const first = context();
    now += 6 * dayMs;
    expect(context()).toBe(first);
    now += 2 * dayMs;
    expect(context()).not.toBe(first);
    expect(readdirSync(join(folder, 'keys'))).toEqual([authorityKeyFile]);
  });
});

/** The certificate of another installation. */
function otherCertificate(): string {
  const other = mkdtempSync(join(tmpdir(), 'postern-authority-'));
  try {
    return openAuthority({
      keyFolder: join(other, 'keys'),
      certificateFile: join(other, 'ca.crt'),
      names: [],
      now: Date.now,
    }).certificate;
  } finally {
    rmSync(other, { recursive: true });
  }
}
