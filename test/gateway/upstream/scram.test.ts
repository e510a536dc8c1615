import { describe, expect, test } from 'vitest';
import { type ChannelBinding, createScramClient, preparePassword } from '../../../src/gateway/upstream/scram.ts';
import { ScramServer } from '../../support/scram-server.ts';

const unsupported: ChannelBinding = { kind: 'unsupported' };

async function dialogue(binding: ChannelBinding, given: string, known: string): Promise<string | null> {
  const client = createScramClient(binding, 'fyko+d2lbbFgONRv9qkxdawL');
  const server = new ScramServer(known);
  const final = server.final(await client.respond(server.first(client.firstMessage), given));
  if (final === null) return null;
  client.verify(final);
  return server.gs2Header;
}

test.each<[ChannelBinding, string]>([
  [unsupported, 'n,,'],
  [{ kind: 'not_offered' }, 'y,,'],
  [{ kind: 'tls-server-end-point', data: Buffer.from('hash') }, 'p=tls-server-end-point,,'],
])('%o is announced as %s', async (binding, header) => {
  expect(await dialogue(binding, 'secret', 'secret')).toBe(header);
});

test('a wrong password gives a wrong proof', async () => {
  expect(await dialogue(unsupported, 'secret', 'Secret')).toBeNull();
});

describe('the password', () => {
  test.each([
    ['I\u00adX', 'IX'],
    ['\u2168', 'IX'],
    ['caf\u0065\u0301', 'caf\u00e9'],
    ['non\u00a0breaking', 'non breaking'],
  ])('%j is prepared as %j (RFC 4013)', (password, prepared) => {
    expect(preparePassword(password)).toBe(prepared);
  });

  test.each(['\u0007bell', '\u0627\u0031', '\u00ad', '\u{1F600}'])(
    '%j, which the profile forbids, is used as it is (saslprep.c)',
    (password) => {
      expect(preparePassword(password)).toBe(password);
    },
  );
});

test.each([
  ['v=AAAA', 'the last message of the server is malformed'],
  ['e=other-error', 'the server ended the exchange: other-error'],
  [`v=${Buffer.alloc(32).toString('base64')}`, 'the server ended the exchange before its challenge'],
])('the last message %s is refused', (message, reason) => {
  expect(() => createScramClient(unsupported, 'nonce').verify(message)).toThrow(reason);
});

test.each([
  'm=ext,r=nonceX,s=c2FsdA==,i=4096',
  'r=nonceX,s=,i=4096',
  'r=nonceX,s=c2FsdA==,i=04096',
  'r=nonceX,s=c2FsdA==',
  '',
])('the challenge %j is refused', async (challenge) => {
  const client = createScramClient(unsupported, 'nonce');
  await expect(client.respond(challenge, 'secret')).rejects.toThrow('the challenge of the server is malformed');
});
