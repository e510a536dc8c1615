import { describe, expect, test } from 'vitest';
import { type DigestInput, statementDigest } from '../../../src/gateway/approval/digest.ts';
import fc from '../../support/property.ts';

const bytes = fc.uint8Array({ maxLength: 4 }).map((value) => Buffer.from(value));
/** Small alphabets, so that nearly equal inputs are common. */
const word = fc.string({ maxLength: 3, unit: fc.constantFrom('a', ':', ';', '-', '1', ',') });
const input: fc.Arbitrary<DigestInput> = fc.record({
  protocol: word,
  text: word.map((text) => Buffer.from(text)),
  committed: fc.array(word, { maxLength: 2 }),
  values: fc.array(fc.option(bytes), { maxLength: 3 }),
  formats: fc.array(fc.constantFrom(0, 1), { maxLength: 2 }),
  parameterTypes: fc.array(fc.constantFrom(0, 23), { maxLength: 2 }),
  database: word,
  role: word,
  searchPath: fc.array(word, { maxLength: 3 }),
  settings: fc.array(word, { maxLength: 2 }),
});
const canonical = ({ values, text, ...rest }: DigestInput): string =>
  JSON.stringify({
    ...rest,
    text: text.toString('hex'),
    values: values.map((value) => value?.toString('hex') ?? null),
  });

describe('statementDigest', () => {
  test('is a SHA-256 in hex', () => {
    fc.assert(
      fc.property(input, (one) => {
        expect(statementDigest(one)).toMatch(/^[0-9a-f]{64}$/);
      }),
    );
  });

  test('is the same for the same statement and different for any other', () => {
    fc.assert(
      fc.property(input, input, (one, other) => {
        expect(statementDigest(one) === statementDigest(other)).toBe(canonical(one) === canonical(other));
      }),
      { numRuns: 2000 },
    );
  });

  const base: DigestInput = {
    protocol: 'simple',
    text: Buffer.from('t'),
    committed: [],
    values: [],
    formats: [],
    parameterTypes: [],
    database: 'd',
    role: 'r',
    searchPath: ['a'],
    settings: [],
  };
  test.each<[string, DigestInput, DigestInput]>([
    [
      'a value that moves from the text',
      { ...base, text: Buffer.from('t1:x') },
      { ...base, values: [Buffer.from('x')] },
    ],
    ['NULL and the empty value', { ...base, values: [null] }, { ...base, values: [Buffer.alloc(0)] }],
    ['no value and NULL', base, { ...base, values: [null] }],
    ['text and binary format', { ...base, formats: [0] }, { ...base, formats: [1] }],
    ['a Query and a Parse of one text', base, { ...base, protocol: 'extended parse' }],
    ['parameters of other types', { ...base, parameterTypes: [23] }, { ...base, parameterTypes: [25] }],
    ['a COMMIT of more', base, { ...base, committed: ['d1'] }],
    ['a setting and a schema', { ...base, settings: ['b'] }, { ...base, searchPath: ['a', 'b'] }],
    ['database and role exchanged', { ...base, database: 'r', role: 'd' }, base],
    ['schemas in another order', { ...base, searchPath: ['a', 'b'] }, { ...base, searchPath: ['b', 'a'] }],
    ['no schema and one without a name', { ...base, searchPath: [] }, { ...base, searchPath: [''] }],
    [
      'two values and their concatenation',
      { ...base, values: [Buffer.from('a'), Buffer.from('b')] },
      { ...base, values: [Buffer.from('ab')] },
    ],
  ])('tells %s apart', (_, one, other) => {
    expect(statementDigest(one)).not.toBe(statementDigest(other));
  });
});
