import { expect, test } from 'vitest';
import { scrubFields } from '../../../src/gateway/masking/scrub.ts';

const error = (code: string, message: string) => ({
  S: 'ERROR',
  V: 'ERROR',
  C: code,
  M: message,
  D: 'Key (email)=(alice)',
  W: 'PL/pgSQL function f()',
  P: '8',
  F: 'x.c',
  L: '1',
  R: 'f',
});

test('a message that may hold a value is replaced by one for its class', () => {
  expect(
    scrubFields(
      error('22P02', 'invalid input syntax for type integer: "alice@example.com"'),
      'SELECT email::int FROM users',
      false,
    ),
  ).toEqual({
    S: 'ERROR',
    V: 'ERROR',
    C: '22P02',
    M: 'data exception (details withheld: this statement may touch masked columns)',
  });
});

test('a message that quotes only the statement is kept, with its position', () => {
  expect(scrubFields(error('42703', 'column "emial" does not exist'), 'SELECT emial FROM users', false)).toEqual({
    S: 'ERROR',
    V: 'ERROR',
    C: '42703',
    M: 'column "emial" does not exist',
    P: '8',
  });
});

test('the same code over a value that the statement does not hold is not kept', () => {
  const fields = scrubFields(
    error('42P01', 'relation "alice@example.com" does not exist'),
    'SELECT email::regclass FROM users',
    false,
  );
  expect(fields.M).toBe(
    'syntax error or access rule violation (details withheld: this statement may touch masked columns)',
  );
});

test('code of users may not speak through a SQLSTATE or a message', () => {
  expect(scrubFields(error('P0122', 'column "id" does not exist'), 'DO $$ id $$', true)).toEqual({
    S: 'ERROR',
    V: 'ERROR',
    C: 'P0001',
    M: 'PL/pgSQL error (details withheld: this statement may touch masked columns)',
  });
});

test('a cancelled statement says so', () => {
  expect(scrubFields(error('57014', 'canceling statement due to user request'), 'SELECT 1', false).M).toBe(
    'canceling statement due to user request',
  );
});

test('a message without a variable part is kept, even where code of users may run', () => {
  const fields = { S: 'WARNING', V: 'WARNING', C: '25P01', M: 'there is no transaction in progress' };
  expect(scrubFields(fields, 'COMMIT', true)).toEqual(fields);
});
