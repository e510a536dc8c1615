import { expect, test } from 'vitest';
import { describeListener, listenerFault, tlsMode } from '../../../src/gateway/door/host.ts';
import { listenerNames } from '../../../src/gateway/door/names.ts';

test.each([
  ['127.0.0.1', 'allow'],
  ['127.8.0.1', 'allow'],
  ['localhost', 'allow'],
  ['::1', 'allow'],
  ['::ffff:127.0.0.1', 'allow'],
  ['/run/postern', 'off'],
  ['0.0.0.0', 'require'],
  ['::', 'require'],
  ['10.0.0.5', 'require'],
  ['127.0.0.1.example', 'require'],
  ['localhost.example', 'require'],
])('TLS on %s is %s unless it is set', (host, mode) => {
  expect(tlsMode({ host })).toBe(mode);
});

test('what would send keys over a network in the clear is a fault, and so is a Unix socket that cannot be', () => {
  const fault = (host: string, tls?: 'require' | 'allow' | 'off', port = 6432) => listenerFault({ host, port, tls });
  expect([fault('127.0.0.1', 'off'), fault('0.0.0.0'), fault('/run/x', 'off'), fault('10.0.0.5', 'require')]).toEqual([
    null,
    null,
    null,
    null,
  ]);
  for (const tls of ['off', 'allow'] as const)
    expect(fault('0.0.0.0', tls)).toContain('TLS must be "require" on 0.0.0.0');
  expect(fault('/run/x', 'require')).toContain('no TLS');
  expect(fault('/run/x', undefined, 0)).toContain('port other than 0');
});

test('a certificate names what clients dial, in one spelling', () => {
  const names = (host: string, more: string[] = []) => listenerNames({ host, port: 1, names: more }, 'Laptop_1');
  expect(names('127.0.0.1')).toEqual([]);
  expect(names('0.0.0.0', ['Gate.Example.', '10.0.0.5'])).toEqual(['gate.example', '10.0.0.5']);
  expect(names('FE80:0::5%eth0')).toEqual(['fe80::5']);
  expect(listenerNames({ host: '::', port: 1 }, 'laptop')).toEqual(['laptop']);
  expect(listenerNames({ host: '/run/x', port: 1 }, 'laptop')).toEqual([]);
});

test('a listener is written as people write it', () => {
  const words = [
    { host: '127.0.0.1', port: 1 },
    { host: '::1', port: 1 },
    { host: '/run/x/', port: 1 },
  ].map(describeListener);
  expect(words).toEqual(['127.0.0.1:1', '[::1]:1', '/run/x/.s.PGSQL.1']);
});
