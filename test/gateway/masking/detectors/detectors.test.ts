import { describe, expect, test } from 'vitest';
import type { DetectorName } from '../../../../src/contract/index.ts';
import { allDetectors, createScanner } from '../../../../src/gateway/masking/detectors/index.ts';

const scanner = createScanner(allDetectors);

/** Names of the detectors that recognise something, and what. */
function found(text: string, column = 'note'): string[] {
  const bytes = Buffer.from(text, 'utf8');
  return scanner.scan(bytes, 0, bytes.length, column).map(({ detector, text: match }) => `${detector} ${match}`);
}

/** Joined here, so that no scanner of secrets takes this file for a leak. */
const key = (prefix: string, rest: string): string => prefix + rest;
const jwtHeader = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const jwtBody = Buffer.from('{"sub":"1234567890","name":"A"}').toString('base64url');
const token = `${jwtHeader}.${jwtBody}.c2lnbmF0dXJlLW9mLXRoaXM`;

const recognised: readonly (readonly [detector: DetectorName, text: string, match: string, column?: string])[] = [
  ['email', 'write to jane.doe+news@mail.acme-corp.co.uk.', 'jane.doe+news@mail.acme-corp.co.uk'],
  ['email', '{"contact":"o\'brien@acme-corp.ie"}', "o'brien@acme-corp.ie"],
  ['email', '<mailto:x@y.io>', 'x@y.io'],
  ['phone', 'call +31 6 1234 5678 now', '+31 6 1234 5678'],
  ['phone', '+14155552671', '+14155552671'],
  ['phone', 'tel:+49 (0)30/901820', '+49 (0)30/901820'],
  ['phone', 'ring (415) 555-2671 today', '(415) 555-2671'],
  ['phone', '0151 23456789', '0151 23456789', 'mobile_phone'],
  ['phone', '06-12345678', '06-12345678', 'telefoon'],
  ['payment_card', 'card 4539 1488 0343 6467, thanks', '4539 1488 0343 6467'],
  ['payment_card', '4539148803436467', '4539148803436467'],
  ['payment_card', '371234567890120', '371234567890120'],
  ['payment_card', '5425-2334-3010-9903', '5425-2334-3010-9903'],
  ['iban', 'DE89 3704 0044 0532 0130 00 please', 'DE89 3704 0044 0532 0130 00'],
  ['iban', 'to GB82WEST12345698765432.', 'GB82WEST12345698765432'],
  ['iban', 'NO9386011117947', 'NO9386011117947'],
  ['de_tax_id', '86095742719', '86095742719', 'steuer_id'],
  ['nl_bsn', '111222333', '111222333', 'bsn'],
  ['nl_bsn', 'his BSN is 123456782', '123456782'],
  ['es_dni', '12345678Z', '12345678Z'],
  ['es_dni', 'NIE X1234567L', 'X1234567L'],
  ['fr_nir', '2 69 05 49 588 157 80', '2 69 05 49 588 157 80'],
  ['it_codice_fiscale', 'RSSMRA85T10A562S', 'RSSMRA85T10A562S'],
  ['br_cpf', '529.982.247-25', '529.982.247-25'],
  ['br_cpf', '52998224725', '52998224725', 'cpf'],
  ['pl_pesel', '44051401359', '44051401359', 'pesel'],
  ['se_personnummer', '811218-9876', '811218-9876'],
  ['us_ssn', '536-22-8726', '536-22-8726', 'ssn'],
  ['us_ssn', '{"ssn": "536-22-8726"}', '536-22-8726'],
  ['jwt', `Bearer ${token}`, token],
  ['api_key', key('AKIA', 'Q3EGPT7RM2XKL5WN'), key('AKIA', 'Q3EGPT7RM2XKL5WN')],
  ['api_key', `{"k":"${key('ghp_', 'a1B2'.repeat(9))}"}`, key('ghp_', 'a1B2'.repeat(9))],
  ['api_key', key('sk_live_', 'a1B2'.repeat(6)), key('sk_live_', 'a1B2'.repeat(6))],
  ['api_key', key('xoxb-', '123456789012-abcdefGHIJ'), key('xoxb-', '123456789012-abcdefGHIJ')],
  ['api_key', key('AIza', 'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'), key('AIza', 'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q')],
  ['api_key', key('sk-ant-', 'api03-a1B2c3D4e5F6g7H8i9J0'), key('sk-ant-', 'api03-a1B2c3D4e5F6g7H8i9J0')],
  ['private_key', `-----BEGIN RSA PRIVATE KEY-----\n${'A'.repeat(64)}`, '-----BEGIN RSA PRIVATE KEY-----'],
  ['private_key', `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}`, '-----BEGIN PRIVATE KEY-----'],
  [
    'password_hash',
    `$2b$12$${'abcdefghij.ABCDEFGHIJ/'.repeat(3).slice(0, 53)}`,
    `$2b$12$${'abcdefghij.ABCDEFGHIJ/'.repeat(3).slice(0, 53)}`,
  ],
  [
    'password_hash',
    '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b+dWRWJTmaaJObG',
    '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b+dWRWJTmaaJObG',
  ],
  ['connection_string', 'postgres://app:hunter2@db.internal/shop', 'postgres://app:hunter2@db.internal'],
];

describe('what a detector recognises', () => {
  test.each(recognised.map(([detector, text, match, column = 'note']) => ({ detector, text, match, column })))(
    '$detector in $text',
    ({ detector, text, match, column }) => {
      expect(found(text, column)).toContain(`${detector} ${match}`);
    },
  );

  test('every detector has such an example', () => {
    expect(new Set(recognised.map(([name]) => name))).toEqual(new Set(allDetectors.map(({ name }) => name)));
  });

  test('one value may be of several kinds', () => {
    expect(found('jane@acme-corp.io or +31 6 1234 5678')).toEqual(['email jane@acme-corp.io', 'phone +31 6 1234 5678']);
  });
});

describe('what no detector takes for personal', () => {
  test.each([
    ['an address of a domain for examples', 'someone@example.org, a@b.test, x@mail.example.com'],
    ['a repository', 'git@github.com:acme/shop.git'],
    ['a package with its version', 'react@18.2.0 @types/node@20.1.0'],
    ['an image for sharp screens', 'icon@2x.png'],
    ['a decorator and a mention', '@Injectable() thanks @jane'],
    ['sixteen digits that fail Luhn', '4539148803436468'],
    ['a number with an issuer’s prefix inside a longer one', '94539148803436467123'],
    ['published test cards', '4242 4242 4242 4242, 4111111111111111, 378282246310005'],
    ['a UUID', '45391488-0343-4467-8539-148803436467 550e8400-e29b-41d4-a716-446655440000'],
    ['a UUID of digits only', '12345678-1234-1234-1234-123456789012'],
    ['timestamps', '2026-01-15 12:30:45.123456+02 20260115123045 1764334656000 1764334656000000'],
    ['ISO times', '2026-01-15T12:30:45.123Z 2026-01-15T12:30:45+0200'],
    ['amounts', '4539148803436467.55 1.234.567,89 -12345678.90'],
    ['version numbers and addresses', '10.0.19041.1234 192.168.100.200 2001:db8::1'],
    ['a snowflake id', '1234567890123456789'],
    ['an IBAN with a wrong digit', 'DE88370400440532013000'],
    ['an IBAN that goes on', 'DE893704004405320130001'],
    ['an order number that looks like one', 'DE12 SHIPMENT 3344'],
    ['a part number', 'SKU-12345678A, 00000000T'],
    ['nine digits without a word of what they are', '536228726 111222333'],
    ['eleven digits without a word of what they are', '86095742719 44051401359 52998224725'],
    ['fictional telephone numbers', '+1 212 555 0123, (212) 555-0199'],
    ['a sum', '1+12345678901 and +5 and a+491234567890'],
    ['a date in a phone column’s place', '2026-01-15'],
    ['a base64 text that is no token', 'eyJhbGciOiJub25l.notjson.abc'],
    ['the key of AWS’s manual', key('AKIA', 'IOSFODNN7EXAMPLE')],
    ['words with key-like beginnings', 'sk-learn-pipeline-version-2 ghp_short AKIA1234'],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(64)}\n-----END PUBLIC KEY-----`],
    ['prices and shell', 'costs $12.50, not $2a; echo $HOME $1$2'],
    ['a URL without a password', 'https://acme-corp.io:8443/a?b=c@d postgres://app@db/shop'],
    ['a template of a URL', 'postgres://user:<password>@host/db postgres://user:password@host/db'],
    ['hex', 'd41d8cd98f00b204e9800998ecf8427e e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['prose', 'The quick brown fox jumps over the lazy dog 12 times; see section 4.2 (page 17).'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(found(text)).toEqual([]);
  });

  test('a date in a column of telephone numbers', () => {
    expect(found('2026-01-15', 'phone_verified_at')).toEqual([]);
  });
});

test('no text makes a detector slow', () => {
  const hostile = [
    '@',
    'a@',
    '1 ',
    '1-',
    '+1 ',
    'eyJ',
    'eyJa.',
    '$2b$',
    'DE12',
    '-----BEGIN ',
    'a://b:',
    'x.',
    '4539 ',
    'sk-a',
    '0',
  ];
  for (const part of hostile) {
    const bytes = Buffer.from(part.repeat(Math.ceil(200_000 / part.length)));
    const began = performance.now();
    scanner.scan(bytes, 0, bytes.length, 'phone ssn pesel cpf bsn steuer');
    expect(performance.now() - began, JSON.stringify(part)).toBeLessThan(1500);
  }
});
