import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hmac, hmacKey } from '../../../src/gateway/masking/maskers/hmac.ts';
import { type ColumnType, cellMask, isToken, maskValue } from '../../../src/gateway/masking/maskers/index.ts';
import fc from '../../support/property.ts';
import { hashKey } from './support.ts';

const otherKey = Buffer.alloc(32, 8);
const column = (typeOid: number, changes: Partial<ColumnType> = {}): ColumnType => ({
  typeOid,
  typeModifier: -1,
  format: 0,
  typeName: null,
  ...changes,
});
const token = (value: string, type = column(25), key = hashKey): string =>
  String(maskValue(cellMask({ kind: 'hash' }, type, key), Buffer.from(value)));

const uuid = '6f1b7c1e-1111-4000-8000-000000000001';

test('HMAC by two one-shot hashes is HMAC-SHA-256', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 9000 }), (key, message) => {
      const expected = createHmac('sha256', key).update(message).digest('binary');
      expect(hmac(hmacKey(Buffer.from(key)), Buffer.from(message))).toBe(expected);
    }),
  );
});

describe('a token', () => {
  test('of text, uuid and bytea is known again, in any case, under its own key only', () => {
    const tokens = [token('alice@example.com'), token(uuid, column(2950)), token('\\xdeadbeef', column(17))];
    expect(tokens).toEqual([
      expect.stringMatching(/^tok_[a-z2-7]{16}$/),
      expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      expect.stringMatching(/^\\x[0-9a-f]{32}$/),
    ]);
    for (const one of tokens) {
      expect(isToken(one, hashKey)).toBe(true);
      expect(isToken(one.toUpperCase().replace('\\X', '\\x'), hashKey)).toBe(true);
      expect(isToken(one, otherKey)).toBe(false);
    }
  });

  test('is known from every other text', () => {
    fc.assert(fc.property(fc.string(), (value) => isToken(token(value), hashKey) && !isToken(value, hashKey)));
    expect(isToken(uuid, hashKey)).toBe(false);
    const real = token('alice@example.com');
    for (let at = 4; at < real.length; at++) {
      const changed = `${real.slice(0, at)}${real[at] === 'a' ? 'b' : 'a'}${real.slice(at + 1)}`;
      expect(isToken(changed, hashKey)).toBe(false);
    }
  });

  test('is the same for what PostgreSQL takes for equal: char(n) and its padding, citext and case', () => {
    const padded = column(1042, { typeModifier: 34 });
    expect(token('alice   ', padded)).toBe(token('alice'));
    const citext = column(16999, { typeName: 'citext' });
    expect(token('Alice', citext)).toBe(token('aLICE', citext));
    expect(token('Alice')).not.toBe(token('alice'));
  });

  test('does not collide among ten thousand values, and says nothing about their order', () => {
    const tokens = Array.from({ length: 10_000 }, (_, index) => token(String(index)));
    expect(new Set(tokens).size).toBe(10_000);
    expect([...tokens].sort()).not.toEqual(tokens);
  });
});
