import { expect, test } from 'vitest';
import { maskedBy, previewRows } from '../../../src/gateway/masking/preview.ts';
import { hashKey, rule } from './support.ts';

const email = rule('users', 'e*', { kind: 'email' });

test('the rules editor sees rows before and after, and which rule masked a column', () => {
  const preview = previewRows({
    rules: [email],
    catalog: null,
    schema: 'public',
    table: 'users',
    sample: {
      columns: [
        { name: 'id', type: 'integer', typeOid: 23 },
        { name: 'email', type: 'text', typeOid: 25 },
      ],
      rows: [
        ['1', 'alice@example.com'],
        ['2', null],
      ],
    },
    hashKey,
  });
  expect(preview).toEqual({
    columns: [
      { name: 'id', type: 'integer', maskedBy: null },
      { name: 'email', type: 'text', maskedBy: email.id },
    ],
    before: [
      ['1', 'alice@example.com'],
      ['2', null],
    ],
    after: [
      ['1', 'a***@***.com'],
      ['2', null],
    ],
  });
});

test('names match by pattern whatever their case, and the first rule wins', () => {
  const second = rule('*', 'email');
  expect(maskedBy([email, second], 'public', 'Users', 'EMAIL')).toBe(email.id);
  expect(maskedBy([email, second], 'public', 'people', 'email')).toBe(second.id);
  expect(maskedBy([email, second], 'private', 'users', 'email')).toBe(null);
});
