import { describe, expect, test } from 'vitest';
import { backend } from '../../../src/gateway/wire/constants.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { RowSampler } from '../../../src/gateway/wire/row-sampler.ts';
import fc from '../../support/property.ts';

const perValue = 10;

function rowOf(values: readonly (Buffer | null)[]): Buffer {
  const builder = new MessageBuilder(backend.dataRow).int16(values.length);
  for (const value of values) {
    if (value === null) builder.int32(-1);
    else builder.int32(value.length).bytes(value);
  }
  return builder.build();
}

const value = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));

describe('RowSampler', () => {
  test('keeps the beginning and the length of every value, wherever the row is cut', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), fc.integer({ min: 1, max: 30 }), (values, size) => {
        const sampler = new RowSampler(perValue, 10_000);
        const row = rowOf(values);
        for (let at = 0; at < row.length; at += size) sampler.push(row.subarray(at, at + size));
        expect(sampler.values()).toEqual(
          values.map((bytes) => bytes && { start: bytes.subarray(0, perValue), size: bytes.length }),
        );
      }),
    );
  });

  test('keeps no more than its budget, and still tells every length', () => {
    const sampler = new RowSampler(perValue, 15);
    sampler.push(rowOf([Buffer.from('0123456789abc'), Buffer.from('0123456789abc'), Buffer.from('xyz'), null]));
    expect(sampler.values()).toEqual([
      { start: Buffer.from('0123456789'), size: 13 },
      { start: Buffer.from('01234'), size: 13 },
      { start: Buffer.alloc(0), size: 3 },
      null,
    ]);
  });

  test.each([
    ['a value is longer than the row', rowOf([Buffer.from('abc')]).subarray(0, -1)],
    ['values are missing', new MessageBuilder(backend.dataRow).int16(2).int32(-1).build()],
    ['there are none', new MessageBuilder(backend.dataRow).build()],
  ])('a row is not complete when %s', (_, row) => {
    const sampler = new RowSampler(perValue, 100);
    sampler.push(row);
    expect(() => sampler.values()).toThrow('malformed row');
  });

  test.each([
    ['more comes behind its last value', Buffer.concat([rowOf([null]), Buffer.from('x')])],
    ['a length is below -1', new MessageBuilder(backend.dataRow).int16(1).int32(-2).build()],
  ])('a row is malformed when %s', (_, row) => {
    expect(() => new RowSampler(perValue, 100).push(row)).toThrow('malformed row');
  });
});
