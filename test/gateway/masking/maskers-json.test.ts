import { describe, expect, test } from 'vitest';
import { type JsonPathMask, masker, parseJsonPath, type ValueMasker } from '../../../src/contract/index.ts';
import { cellMask, maskValue } from '../../../src/gateway/masking/maskers/index.ts';
import fc from '../../support/property.ts';
import { hashKey } from './support.ts';

const json = 114;
const jsonb = 3802;
const full: ValueMasker = { kind: 'full' };

function masked(
  paths: readonly JsonPathMask[],
  value: Buffer | string,
  typeOid = json,
  format: 0 | 1 = 0,
): Buffer | null {
  const type = { typeOid, typeModifier: -1, format, typeName: null };
  return maskValue(cellMask({ kind: 'json', paths: [...paths] }, type, hashKey), Buffer.from(value));
}
const at = (path: string, value: string, how: ValueMasker = full): string | undefined =>
  masked([{ path, masker: how }], value)?.toString();

const steps = (path: string): string | undefined =>
  parseJsonPath(path)
    ?.map(({ deep, name, index }) => `${deep ? '..' : '.'}${name ?? ''}${index === null ? '' : `[${index}]`}`)
    .join(' ');

describe('a path', () => {
  test.each([
    ['$.kyc.passport', '.kyc .passport'],
    ['$.items[*].email', '.items . .email'],
    ['$..email', '..email'],
    ['$..*', '..'],
    ['$.a..[0]', '.a ..[0]'],
    ['$[0]["odd \\" name"][\'it\\\'s\']', '.[0] .odd " name .it\'s'],
    ['$."a.b".ünï-1', '.a.b .ünï-1'],
    ['{kyc,passport}', '.kyc .passport'],
    ['{items,*,email}', '.items . .email'],
    ['{items, 0 ,"*"}', '.items .0[0] .*'],
    ['{"a,b","c\\"d"}', '.a,b .c"d'],
  ])('%s has the steps %s', (path, expected) => {
    expect(steps(path)).toBe(expected);
  });

  test.each([
    '',
    '$',
    '{}',
    'a.b',
    '$.',
    '$.a.',
    '$.a[-1]',
    '$.a[0 to 2]',
    '$.a ? (@ > 1)',
    '{a,}',
    '{a',
    '{,a}',
    '$..',
    '$a',
    '{a"b}',
  ])('%j is none', (path) => {
    expect(parseJsonPath(path)).toBe(null);
    expect(masker.safeParse({ kind: 'json', paths: [{ path, masker: full }] }).success).toBe(false);
  });
});

describe('only what a path leads to is masked', () => {
  const email: ValueMasker = { kind: 'email' };
  test.each<[string, ValueMasker, string, string]>([
    ['$.a', full, '{"a": "x", "b": "a"}', '{"a": "***", "b": "a"}'],
    [
      '$.kyc.passport',
      full,
      '{"passport":1,"kyc":{"passport":"X1","n":2}}',
      '{"passport":1,"kyc":{"passport":"***","n":2}}',
    ],
    [
      '$.items[*].email',
      email,
      '{"items":[{"email":"alice@a.com"},{"email":null},3]}',
      '{"items":[{"email":"a***@***.com"},{"email":null},3]}',
    ],
    // PostgreSQL's lax mode: a name is looked for in the elements of an array.
    ['$.items.email', email, '{"items":[[{"email":"alice@a.com"}]]}', '{"items":[[{"email":"a***@***.com"}]]}'],
    [
      '$..email',
      email,
      '[{"email":"bo@a.de","x":{"y":[{"email":"carol@b.org"}]}}]',
      '[{"email":"***@***.de","x":{"y":[{"email":"c***@***.org"}]}}]',
    ],
    ['{list,1}', full, '{"list":["a","b"],"1":"c"}', '{"list":["a","***"],"1":"c"}'],
    ['{m,1}', full, '{"m":{"1":"c","2":"d"}}', '{"m":{"1":"***","2":"d"}}'],
    ['$[0]', full, '[7,8]', '[0,8]'],
    [
      '$.*',
      full,
      '{"a":true,"b":false,"c":null,"d":-1.5e3,"e":"","f":{"g":1},"h":[]}',
      '{"a":false,"b":false,"c":null,"d":0,"e":"***","f":"***","h":"***"}',
    ],
    ['$.*', { kind: 'null' }, '{"a":true,"d":1,"e":"","f":{"g":1}}', '{"a":null,"d":null,"e":null,"f":null}'],
    ['$.*', { kind: 'fixed', value: '007' }, '{"a":true,"d":1,"e":""}', '{"a":false,"d":0,"e":"007"}'],
    ['$.*', { kind: 'fixed', value: 'say "no"\n' }, '{"e":"x"}', '{"e":"say \\"no\\"\\n"}'],
    ['$.n', { kind: 'bucket', by: 100 }, '{"n":1234.5}', '{"n":1200}'],
    ['$.n', { kind: 'bucket', by: [0, 100] }, '{"n":-1}', '{"n":null}'],
    ['$.at', { kind: 'date', to: 'month' }, '{"at":"2024-07-19T12:00:00Z"}', '{"at":"2024-07-01"}'],
    // Each member of the same name is masked, and names are compared without their escapes.
    ['$.a', full, '{"a":"x","\\u0061":"y","A":"z"}', '{"a":"***","\\u0061":"***","A":"z"}'],
    ['$.a', { kind: 'partial', keepStart: 1, keepEnd: 1 }, '{"a":"\\"\\u00e9\\n\\ud83d\\ude00"}', '{"a":"\\"***😀"}'],
    ['$.ü', full, '{"ü":"x"}', '{"ü":"***"}'],
  ])('%s %j: %s is %s', (path, how, value, expected) => {
    expect(at(path, value, how)).toBe(expected);
  });

  test('what is not masked keeps its bytes', () => {
    const value = ' { "big" : 123456789012345678901234567890.10 ,\t"esc":"\\u00e9\\/", "a":"x" ,"dup":1,"dup":1E400 } ';
    expect(at('$.a', value)).toBe(value.replace('"x"', '"***"'));
    const untouched = Buffer.from(value);
    expect(masked([{ path: '$.none', masker: full }], untouched)?.equals(untouched)).toBe(true);
  });

  test('of several paths to one value the first counts', () => {
    const paths = [
      { path: '$.a.b', masker: { kind: 'email' } },
      { path: '$..b', masker: full },
      { path: '$.c', masker: full },
    ] satisfies JsonPathMask[];
    expect(masked(paths, '{"a":{"b":"alice@a.com"},"b":"alice@a.com","c":{"b":1}}')?.toString()).toBe(
      '{"a":{"b":"a***@***.com"},"b":"***","c":"***"}',
    );
  });

  test('a text in JSON has the token of the same text in a column', () => {
    const type = { typeOid: 25, typeModifier: -1, format: 0, typeName: null } as const;
    const token = maskValue(cellMask({ kind: 'hash' }, type, hashKey), Buffer.from('alice@a.com'));
    expect(at('$.a', '{"a":"alice\\u0040a.com"}', { kind: 'hash' })).toBe(`{"a":"${token}"}`);
  });

  test('jsonb in binary keeps its version byte; another version is masked whole', () => {
    const paths = [{ path: '$.a', masker: full }];
    expect(masked(paths, '\x01{"a": 1, "b": 2}', jsonb, 1)?.toString()).toBe('\x01{"a": 0, "b": 2}');
    expect(masked(paths, '\x02{"a": 1, "b": 2}', jsonb, 1)?.toString()).toBe('\x01"***"');
    expect(masked(paths, '{"a": 1}', 25)?.toString()).toBe('***');
  });
});

describe('what is no JSON is masked whole', () => {
  test.each([
    '',
    '{"a":1',
    '{"a":1}}',
    '{"a" 1}',
    '{"a":"x}',
    '{a:1}',
    '[1,]',
    '{"a":01}',
    '{"a":1.}',
    '{"a":nul}',
    '{"b":"\\x","\\q":1}',
    "{'a':1}",
    '{"a":1} {"a":2}',
    '{"b":1\0}',
    '{"b":"\\a"}',
    '{"b":"\\u00g0"}',
    `${'['.repeat(600)}${']'.repeat(600)}`,
  ])('%s', (value) => {
    expect(at('$.a', value)).toBe('"***"');
  });
});

test('for any JSON the masked value differs from the value at the path only', () => {
  const paths = [{ path: '$..secret', masker: full }];
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 0 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constant('secret'), fc.string({ maxLength: 3 })), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1), (input, space) => {
      const text = JSON.stringify(input, null, space);
      expect(JSON.parse(String(masked(paths, text)))).toEqual(without(JSON.parse(text)));
    }),
  );

  function without(one: unknown, secret = false): unknown {
    if (secret) return one === null ? null : typeof one === 'number' ? 0 : typeof one === 'boolean' ? false : '***';
    if (Array.isArray(one)) return one.map((element) => without(element));
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, without(inner, name === 'secret')]));
  }
});

test('for any bytes at all a masked value is JSON, and holds no text of the path', () => {
  const paths = [{ path: '$.a', masker: full }];
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\au012 "') }), (noise) => {
      for (const value of [noise, `{"a":"hidden"${noise}`, `${noise}"a":"hidden"}`, `{"a":"hidden",${noise}}`]) {
        const output = String(masked(paths, value));
        expect(() => JSON.parse(output)).not.toThrow();
        const parsed: unknown = JSON.parse(output);
        if (typeof parsed === 'object' && parsed !== null && 'a' in parsed) expect(parsed.a).not.toBe('hidden');
      }
    }),
  );
});
