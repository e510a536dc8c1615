import { expect, test } from 'vitest';
import { describeMasking } from '../../../src/main/commands/describe-masking.ts';

const source = { label: 'users.email', rule: 'mail', masker: 'email' };
const column = { many: false, unknown: false, verbatim: true };

test('what masks make of a statement is told column by column, with what steers it and where it copies to', () => {
  expect(
    describeMasking({
      columns: [
        { ...column, name: 'id', sources: [], mask: null },
        { ...column, name: 'email', sources: [source], mask: { rule: 'mail', masker: 'email' } },
        { ...column, name: null, sources: [source], verbatim: false, mask: { rule: 'derived', masker: 'full' } },
      ],
      tainted: true,
      probes: [{ label: 'users.email', level: 'equality', comparisons: 2 }],
      copies: [{ to: 'backup.copy', sources: ['users.email'] }],
      refusal: null,
    }),
  ).toEqual([
    'columns',
    `  ${'id'.padEnd(34)}  ${'shown'.padEnd(22)}  no masked column goes into it`,
    `  ${'email'.padEnd(34)}  masked (email) by mail  the column users.email itself`,
    `  a column without a name of its own  ${'masked whole'.padEnd(22)}  computed from users.email`,
    'probe     users.email is compared with 2 given values (level equality: allowed for comparisons with given values, so many in a session; anything else is held for you)',
    'copies    users.email to backup.copy, which is masked from then on',
  ]);
});

test('a refusal comes first, and columns that nobody knows are said to be masked', () => {
  const refusal = { code: 'masked_copy', reason: 'COPY has no way to mask', hint: 'SELECT instead' };
  expect(describeMasking({ columns: null, tainted: true, probes: [], copies: [], refusal })).toEqual([
    'masking   refuses it: COPY has no way to mask',
    expect.stringMatching(/^columns {3}What its columns are made from cannot be told/),
  ]);
  expect(describeMasking(null)).toEqual([]);
});
