import { describe, expect, test } from 'vitest';
import { bearerError, readBearerResponse } from '../../../src/gateway/wire/oauth-bearer.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';
import fc from '../../support/property.ts';

/** `^` stands for the separator 0x01. */
const read = (text: string) => readBearerResponse(Buffer.from(text.replaceAll('^', '\u0001'), 'latin1'));

describe('a first response', () => {
  test.each([
    ['n,,^auth=Bearer abc.DEF-_~+/==^^', 'abc.DEF-_~+/=='],
    ['y,,^auth=bEaReR   abc^^', 'abc'],
    ['n,,^host=db.example^port=6432^auth=Bearer abc^x=\t \r\n^^', 'abc'],
    [`n,,^auth=Bearer ${'x'.repeat(65_536)}^^`, 'x'.repeat(65_536)],
  ])('holds a token: %.40s', (text, token) => {
    expect(read(text)).toEqual({ kind: 'token', token });
  });

  test('with an empty auth asks where tokens come from, as libpq 18 does first', () => {
    expect(read('n,,^auth=^^')).toEqual({ kind: 'discovery' });
  });

  test.each([
    ['n,,^auth=Basic abc^^', 'gave credentials that are no bearer token'],
    ['n,,^auth=Bearer^^', 'gave credentials that are no bearer token'],
    ['n,,^auth= Bearer abc^^', 'gave credentials that are no bearer token'],
    ['n,,^auth=Bearer ^^', 'gave an empty bearer token'],
    ['n,,^auth=Bearer a b^^', 'gave a bearer token with characters that no token has (RFC 6750, 2.1)'],
    ['n,,^auth=Bearer ab=c^^', 'gave a bearer token with characters that no token has (RFC 6750, 2.1)'],
    ['n,,^auth=Bearer ===^^', 'gave a bearer token with characters that no token has (RFC 6750, 2.1)'],
  ])('holds no token: %s', (text, reason) => {
    expect(read(text)).toEqual({ kind: 'unusable', reason });
  });

  test.each([
    ['', 'it is empty', '08P01'],
    ['p=tls-exporter,,^auth=Bearer abc^^', 'channel binding is not supported', '0A000'],
    ['n,a=root,^auth=Bearer abc^^', 'an authorization identity is not supported', '0A000'],
    ['n,', 'its GS2 header is wrong', '08P01'],
    ['N,,^auth=Bearer abc^^', 'its GS2 header is wrong', '08P01'],
    ['x,,^auth=Bearer abc^^', 'its GS2 header is wrong', '08P01'],
    [' n,,^auth=Bearer abc^^', 'its GS2 header is wrong', '08P01'],
    ['n^^auth=Bearer abc^^', 'its GS2 header is wrong', '08P01'],
    ['n,,auth=Bearer abc^^', 'a key-value separator is missing behind its header', '08P01'],
    ['n,,^', 'its last terminator is missing', '08P01'],
    ['n,,^auth=Bearer abc', 'its last terminator is missing', '08P01'],
    ['n,,^auth=Bearer abc^', 'its last terminator is missing', '08P01'],
    ['n,,^auth=Bearer abc^^n', 'its last terminator is missing', '08P01'],
    ['n,,^auth=Bearer abc^^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^^auth=Bearer abc^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^=x^auth=Bearer abc^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^host^auth=Bearer abc^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^h0st=x^auth=Bearer abc^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^host=\u00e9^auth=Bearer abc^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^auth=Bearer a\0c^^', 'it has a pair that is no key and value', '08P01'],
    ['n,,^^', 'it has no auth value', '08P01'],
    ['n,,^AUTH=Bearer abc^^', 'it has no auth value', '08P01'],
    ['n,,^host=x^^', 'it has no auth value', '08P01'],
    ['n,,^auth=Bearer abc^auth=Bearer def^^', 'it has more than one auth value', '08P01'],
    ['n,,^auth=^auth=Bearer def^^', 'it has more than one auth value', '08P01'],
  ])('is refused: %s', (text, why, sqlstate) => {
    expect(() => read(text)).toThrow(new ProtocolError(`malformed OAUTHBEARER message: ${why}`, sqlstate));
  });

  test('whatever it holds is a response or a ProtocolError that quotes nothing of it', () => {
    const part = fc.constantFrom('n,,', 'y,', '^', 'auth=', 'Bearer ', 'secret', 'host=x', '\0', 'p=', 'a=', ',', '=');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        try {
          expect(read(parts.join('')).kind).toMatch(/^(token|discovery|unusable)$/);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(String(error)).not.toContain('secret');
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

test('the error says where tokens come from, and nothing of what was wrong', () => {
  const source = { metadataUrl: 'https://id.example/.well-known/openid-configuration', scope: 'openid db' };
  expect([source, null].map((one) => JSON.parse(bearerError(one).toString()))).toEqual([
    { status: 'invalid_token', 'openid-configuration': source.metadataUrl, scope: source.scope },
    { status: 'invalid_token' },
  ]);
});
