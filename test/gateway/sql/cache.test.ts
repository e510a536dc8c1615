import { describe, expect, it } from 'vitest';
import { ByteBoundedCache } from '../../../src/gateway/sql/cache.ts';
import fc from '../../support/property.ts';

describe('the byte-bounded cache', () => {
  it('drops what was not used for longest', () => {
    const cache = new ByteBoundedCache<number>(40);
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ] as const)
      cache.set(key, value, 10);
    cache.get('a');
    cache.set('e', 5, 10);
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => cache.get(key))).toEqual([1, undefined, 3, 4, 5]);
  });

  it('does not keep an entry dearer than a quarter of the budget', () => {
    const cache = new ByteBoundedCache<number>(40);
    cache.set('a', 1, 11);
    expect([cache.get('a'), cache.usedBytes]).toEqual([undefined, 0]);
  });

  it('never exceeds its budget and never answers with another key’s value', () => {
    const operations = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 40 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(operations, (list) => {
        const cache = new ByteBoundedCache<string>(100);
        for (const [key, bytes] of list) {
          cache.set(String(key), `value of ${key}`, bytes);
          const found = cache.get(String(key));
          if (cache.usedBytes > 100 || (found !== undefined && found !== `value of ${key}`)) return false;
        }
        return true;
      }),
    );
  });
});
