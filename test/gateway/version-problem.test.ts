import { expect, test } from 'vitest';
import { Problems } from '../../src/gateway/problems.ts';
import { noteVersion } from '../../src/gateway/version-problem.ts';

test('a server that is newer than those that were tested is a problem until the connection reaches another', () => {
  const problems = new Problems(() => undefined);
  noteVersion('shop', '18.4', problems);
  noteVersion('shop', '13.23', problems); // said by the connection test
  expect(problems.list()).toEqual([]);
  noteVersion('shop', '19.0', problems);
  expect(problems.list()).toEqual([
    {
      code: 'server_version.shop',
      message: expect.stringMatching(/^shop: PostgreSQL 19 is newer than what Postern was tested with/),
      hint: expect.stringContaining('read-only'),
    },
  ]);
  noteVersion('shop', '18.4', problems);
  expect(problems.list()).toEqual([]);
});
