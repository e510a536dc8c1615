import { describe, expect, test } from 'vitest';
import { createMaskPlan } from '../../../src/gateway/masking/plan.ts';
import { decodeDataRow } from '../../../src/gateway/wire/decode-backend.ts';
import fc from '../../support/property.ts';
import { dataRow } from './support.ts';

const stars = { constant: Buffer.from('***') };
const gone = { constant: null };
const upper = { mask: (value: Buffer) => Buffer.from(value.toString().toUpperCase()) };

test('masked cells are replaced, the others copied, NULL stays NULL', () => {
  const plan = createMaskPlan([null, stars, upper, gone, stars], []);
  expect(plan.apply(dataRow(['1', 'alice@example.com', 'abc', 'secret', null]))).toEqual(
    dataRow(['1', '***', 'ABC', null, null]),
  );
});

test('a row whose masked cells are all NULL is forwarded as it came', () => {
  const frame = dataRow(['1', null]);
  expect(createMaskPlan([null, stars], []).apply(frame)).toBe(frame);
});

test('any row comes back with the same shape, and nothing of a masked cell in it', () => {
  const cell = fc.option(fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, fc.boolean()), { maxLength: 12 }), (columns) => {
      const plan = createMaskPlan(
        columns.map(([, hidden]) => (hidden ? stars : null)),
        [],
      );
      const row = decodeDataRow(plan.apply(dataRow(columns.map(([value]) => value))));
      expect(row).toEqual(columns.map(([value, hidden]) => (value !== null && hidden ? stars.constant : value)));
    }),
  );
});

describe('a row of another shape is not forwarded', () => {
  const plan = createMaskPlan([stars, null], []);
  const short = dataRow(['a', 'b']);
  short.writeInt32BE(100, 7);
  test.each([
    ['one column too few', dataRow(['a'])],
    ['one column too many', dataRow(['a', 'b', 'c'])],
    ['a value longer than the frame', short],
    ['bytes behind the last value', Buffer.concat([dataRow(['a', 'b']), Buffer.from('x')])],
    ['another message', Buffer.from('Z\0\0\0\x05I')],
  ])('%s', (_, frame) => {
    expect(() => plan.apply(frame)).toThrow(expect.objectContaining({ name: 'MaskingError', code: 'row_shape' }));
  });
});
