import { describe, expect, test } from 'vitest';
import { sslWarning, staysOnThisMachine, upstreamConfig } from '../../src/contract/index.ts';

const parse = (changes: Record<string, unknown>) =>
  upstreamConfig.safeParse({ host: 'db.example.com', database: 'shop', user: 'app', ...changes });
const issues = (changes: Record<string, unknown>): string[] =>
  (parse(changes).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('sslmode', () => {
  test.each(['/var/run/postgresql', 'localhost', 'LocalHost.', '127.0.0.1', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1'])(
    'is prefer where nothing leaves the machine: %s',
    (host) => {
      expect([staysOnThisMachine(host), parse({ host }).data?.sslmode]).toEqual([true, 'prefer']);
    },
  );

  test.each([
    'db.example.com',
    '10.0.0.1',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '::',
    '::11',
    '2001:db8::1',
    '1',
  ])('is verify-full over a network: %s', (host) => {
    expect([staysOnThisMachine(host), parse({ host }).data?.sslmode]).toEqual([false, 'verify-full']);
  });

  test('that is given is kept, and read back as it was', () => {
    const once = parse({ sslmode: 'require' }).data;
    expect([once?.sslmode, upstreamConfig.parse(once)]).toEqual(['require', once]);
  });

  test('that leaves an opening on the network is warned of, and on this machine it is not', () => {
    const warned = (host: string) =>
      (['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const).filter(
        (sslmode) => sslWarning({ host, sslmode, sslrootcert: undefined }) !== null,
      );
    expect(warned('db')).toEqual(['disable', 'allow', 'prefer', 'require']);
    expect(warned('localhost')).toEqual([]);
    expect(sslWarning({ host: 'db', sslmode: 'require', sslrootcert: 'ours.pem' })).toBeNull();
  });
});

test('parts of a client certificate come together', () => {
  const passphrase = { from: 'environment', variable: 'KEY' };
  expect(issues({ sslcert: 'a.crt' })).toEqual(['sslkey: the certificate needs its private key']);
  expect(issues({ sslkey: 'a.key' })).toEqual(['sslcert: the private key needs its certificate']);
  expect(issues({ sslkeyPassphrase: passphrase })).toEqual(['sslkeyPassphrase: there is no private key']);
  expect(issues({ sslcert: 'a.crt', sslkey: 'a.key', sslkeyPassphrase: passphrase })).toEqual([]);
});

test('direct TLS needs an sslmode that insists on TLS', () => {
  expect(issues({ sslnegotiation: 'direct' })).toEqual([]);
  expect(issues({ sslnegotiation: 'direct', sslmode: 'prefer' })).toEqual([
    'sslnegotiation: direct needs an sslmode of require, verify-ca or verify-full',
  ]);
});
