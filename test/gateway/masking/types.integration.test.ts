import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { rule } from './support.ts';

const setup = `
CREATE TYPE mood AS ENUM ('calm', 'happy');
CREATE TYPE place AS (street text, number int, at timestamptz);
CREATE DOMAIN mail AS varchar(60);
CREATE TABLE people (id int PRIMARY KEY, mood mood, home place, mails mail[], born date, salary numeric(10,2), data jsonb, note text);
INSERT INTO people VALUES (1, 'happy', ROW('Hidden Road', 7, '2024-07-19 12:00+00'), '{alice@example.com,NULL}', '1985-08-19', 4321.5,
  '{"big": 12345678901234567890, "kyc": {"passport": "X1234567"}}', 'free');`;

let database: TestDatabase;
let gate: TestGate;
let client: pg.Client;
beforeAll(async () => {
  database = await createDatabase(setup);
  gate = await startGate({
    database: database.name,
    policy: 'observe',
    maskRules: [
      rule('people', 'mood'),
      rule('people', 'home'),
      rule('people', 'mails', { kind: 'email' }),
      rule('people', 'born', { kind: 'date', to: 'quarter' }),
      rule('people', 'salary', { kind: 'bucket', by: 1000 }),
      rule('people', 'data', { kind: 'json', paths: [{ path: '$.kyc.passport', masker: { kind: 'full' } }] }),
    ],
  });
  const types = { getTypeParser: () => (value: string) => value };
  client = await gate.connect({ types } as pg.ClientConfig);
});
afterAll(async () => {
  await client.end();
  await gate.stop();
  await database.drop();
});

test('each type comes out of the gate as a value of its own, and what is not masked as it is', async () => {
  const { rows } = await client.query('SELECT * FROM people');
  expect(rows).toEqual([
    {
      id: '1',
      mood: 'calm',
      home: '("***","0","2000-01-01 00:00:00+00")',
      mails: '{a***@***.com,NULL}',
      born: '1985-07-01',
      salary: '4000',
      data: '{"big": 12345678901234567890, "kyc": {"passport": "***"}}',
      note: 'free',
    },
  ]);
});

test('a whole row is a row of neutral values', async () => {
  const { rows } = await client.query('SELECT p FROM people p');
  expect(rows).toEqual([
    {
      p: `("0","calm","(""***"",""0"",""2000-01-01 00:00:00+00"")","{}","2000-01-01","0","""***""","***")`,
    },
  ]);
});

test('a label added while the session runs is known to the next statement', async () => {
  await database.query("ALTER TYPE mood RENAME VALUE 'calm' TO 'serene'");
  const { rows } = await client.query('SELECT mood FROM people');
  expect(rows).toEqual([{ mood: 'serene' }]);
});
