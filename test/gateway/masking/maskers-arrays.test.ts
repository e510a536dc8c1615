import { describe, expect, test } from 'vitest';
import type { Masker } from '../../../src/contract/index.ts';
import { cellMask, maskValue } from '../../../src/gateway/masking/maskers/index.ts';
import fc from '../../support/property.ts';
import { hashKey } from './support.ts';

const textArray = 1009;
const email: Masker = { kind: 'email' };

const masked = (
  value: Buffer | string,
  masker: Masker = email,
  format: 0 | 1 = 0,
  typeOid = textArray,
): Buffer | null =>
  maskValue(cellMask(masker, { typeOid, typeModifier: -1, format, typeName: null }, hashKey), Buffer.from(value));

describe('an array in text format', () => {
  test.each([
    ['{}', '{}'],
    ['{alice@a.com,NULL,null,"NULL"}', '{a***@***.com,NULL,NULL,***}'],
    ['{{"alice@a.com"},{bo@b.de}}', '{{a***@***.com},{***@***.de}}'],
    ['[-1:0]={alice@a.com,x}', '[-1:0]={a***@***.com,***}'],
    ['{"al\\"ice@a.com","b,c@d.org"}', '{a***@***.com,b***@***.org}'],
  ])('%s is %s', (value, expected) => {
    expect(masked(value)?.toString()).toBe(expected);
  });

  test('quotes what must be quoted', () => {
    const fixed = masked('{"a\\\\b\\"c, d"}', { kind: 'partial', keepStart: 3, keepEnd: 1 })?.toString();
    expect(fixed).toBe('{"a\\\\b***d"}');
  });

  test.each([
    '',
    'x',
    '{',
    '{a',
    '{a}}',
    '{a}x',
    '{a,}b',
    '{a"b"}',
    '{"a}',
    '{{{{{{{x}}}}}}}',
    '[1:2]{a,b}',
    '[x]={a}',
    ',',
    '}',
  ])('that cannot be read is empty: %j', (value) => {
    expect(masked(value)?.toString()).toBe('{}');
  });

  test('shows nothing of its elements that their mask does not show, whatever the bytes', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'{},"\\ aé[]=:1N') });
    fc.assert(
      fc.property(noise, noise, (before, after) => {
        const output = masked(`${before}hidden${after}`, { kind: 'phone' })?.toString() ?? '';
        expect(output).toMatch(/^(?:\[[^{]*=)?[{},*NUL]*$/);
      }),
    );
  });
});

describe('an array in binary format', () => {
  const array = (element: number, dimensions: readonly number[], values: readonly (string | null)[]): Buffer => {
    const head = [
      dimensions.length,
      values.includes(null) ? 1 : 0,
      element,
      ...dimensions.flatMap((size) => [size, 1]),
    ];
    const parts = values.flatMap((value) => [int32(value === null ? -1 : value.length), Buffer.from(value ?? '')]);
    return Buffer.concat([...head.map(int32), ...parts]);
  };
  const empty = array(25, [], []);

  test('keeps its dimensions and NULLs', () => {
    const expected = array(25, [1, 2], ['a***@***.com', null]);
    expect(masked(array(25, [1, 2], ['alice@a.com', null]), email, 1)).toEqual(expected);
  });

  test('is empty when it is not what it should be', () => {
    const value = array(25, [2], ['alice@a.com', 'x']);
    expect(masked(array(17, [1], ['x']), email, 1)).toEqual(empty);
    for (const cut of [0, 5, 19, value.length - 1]) expect(masked(value.subarray(0, cut), email, 1)).toEqual(empty);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 60 }), (bytes) => {
        expect(masked(Buffer.concat([int32(1), int32(0), int32(25), bytes]), email, 1)).toBeInstanceOf(Buffer);
      }),
    );
  });
});

function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

test('of user types nothing is known without a catalog: an array is empty, the rest NULL', () => {
  const cell = cellMask(email, { typeOid: 20000, typeModifier: -1, format: 1, typeName: 'mood[]' }, hashKey);
  expect(maskValue(cell, Buffer.concat([int32(1), int32(0), int32(19_999)]))).toEqual(
    Buffer.concat([int32(0), int32(0), int32(19_999)]),
  );
  expect(cellMask(email, { typeOid: 20000, typeModifier: -1, format: 1, typeName: 'mood' }, hashKey)).toEqual({
    constant: null,
  });
});

test('a composite has NULL for an attribute whose type has no neutral value, and quotes what it must', () => {
  const pair = {
    oid: 20000,
    name: 'pair',
    kind: 'composite',
    attributes: [
      { typeOid: 1033, typeModifier: -1 },
      { typeOid: 20001, typeModifier: -1 },
    ],
  } as const;
  const mood = { oid: 20001, name: 'mood', kind: 'enum', labels: ['a "b\\'] } as const;
  const types = new Map([pair, mood].map((type) => [type.oid, type]));
  const cell = cellMask(email, { typeOid: 20000, typeModifier: -1, format: 0, typeName: null, types }, hashKey);
  expect(String(cell.constant)).toBe('(,"a ""b\\\\")');
});
