import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadOrCreateHashKey } from '../../../src/gateway/memory/hash-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the key of the hash masker', () => {
  test('is made once, 32 bytes that nobody else may read, and stays the same', () => {
    const keys = join(folder, 'a', 'keys');
    const key = loadOrCreateHashKey(keys);
    expect(key.length).toBe(32);
    expect(loadOrCreateHashKey(keys)).toEqual(key);
    expect(readFileSync(join(keys, 'mask-hash.key'))).toEqual(key);
    expect([statSync(keys).mode & 0o777, statSync(join(keys, 'mask-hash.key')).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test('is another in another installation', () => {
    expect(loadOrCreateHashKey(join(folder, 'a'))).not.toEqual(loadOrCreateHashKey(join(folder, 'b')));
  });

  test('is not replaced when the file holds something else: every token would change', () => {
    loadOrCreateHashKey(folder);
    writeFileSync(join(folder, 'mask-hash.key'), 'damaged');
    expect(() => loadOrCreateHashKey(folder)).toThrow('does not hold a key of 32 bytes');
    expect(readFileSync(join(folder, 'mask-hash.key'), 'utf8')).toBe('damaged');
  });
});
