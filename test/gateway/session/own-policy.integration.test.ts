import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';

let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE people (id int PRIMARY KEY, email text)');
  gate = await startGate({
    database: database.name,
    policyRules: [
      {
        id: 'no-people',
        when: { relations: ['*.people'] },
        verdict: 'block',
        reason: "People's $postern$ data; \\ stays.",
      },
      { id: 'nothing-at-all', when: { effects: ['session'] }, verdict: 'block', reason: 'No settings.' },
    ],
    maskRules: [{ id: 'emails', schema: 'public', table: 'people', column: 'email', masker: { kind: 'email' } }],
  });
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

const firstRows = [
  { verdict: '', rule: 'policy', title: 'production', description: expect.stringMatching(/labelled production/) },
  {
    verdict: 'block',
    rule: 'no-people',
    title: "People's $postern$ data; \\ stays.",
    description: "People's $postern$ data; \\ stays.",
  },
  { verdict: 'block', rule: 'nothing-at-all', title: 'No settings.', description: 'No settings.' },
];

test('an agent reads its own policy, by the simple protocol and the extended one, whatever the rules say', async () => {
  const client = await gate.connect();
  const simple = await client.query('show Postern.policy;');
  expect(simple.rows.slice(0, 3)).toEqual(firstRows);
  const extended = await client.query({ name: 'policy', text: 'SHOW postern.policy', values: [] });
  expect(extended.rows).toEqual(simple.rows);
  expect((await client.query({ name: 'policy', text: 'SHOW postern.policy', values: [] })).rows).toEqual(simple.rows);
});

test('the same within a transaction, whose state stays the server’s own', async () => {
  const client = await gate.connect();
  await client.query('BEGIN');
  expect((await client.query('SHOW postern.policy')).rows.length).toBeGreaterThan(20);
  await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
  await expect(client.query('SHOW postern.policy')).rejects.toMatchObject({ code: '25P02' });
});

test('other settings, and the question behind another statement, are judged and answered as ever', async () => {
  const client = await gate.connect();
  await expect(client.query('SHOW work_mem')).rejects.toMatchObject({ code: '42501' });
  await expect(client.query('SELECT 1; SHOW postern.policy')).rejects.toMatchObject({ code: '42501' });
});

test('what was asked stands in the record, with the rule that let it pass', async () => {
  const client = await gate.connect();
  await client.query('SHOW postern.policy');
  const recorded = gate.gateway.liveSessions().flatMap(({ statements }) => statements);
  expect(recorded.at(-1)).toMatchObject({
    text: 'SHOW postern.policy',
    verdict: 'allow',
    rule: { id: 'own-policy' },
  });
});
