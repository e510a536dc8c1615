import { afterAll, beforeAll, expect, test } from 'vitest';
import { maskRule } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, until } from '../../support/gate.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(`CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text);
    COMMENT ON COLUMN t.a IS 'postern:tag=health'; INSERT INTO t VALUES (1, 'ill', 'kim@acme-corp.io', 'free');
    CREATE VIEW v AS SELECT a AS x, b AS y FROM t`);
});
afterAll(() => database.drop());

test('rules by tag and by detector mask their columns and what views make of them, as soon as the tag or finding is there', async () => {
  const gate = await startGate({
    database: database.name,
    maskRules: [
      maskRule.parse({ id: 'h', tag: 'health', masker: { kind: 'full' } }),
      maskRule.parse({ id: 'e', detector: 'email', masker: { kind: 'email' } }),
    ],
  });
  const client = await gate.connect();
  expect((await client.query('SELECT * FROM t')).rows).toEqual([{ id: 1, a: '***', b: 'kim@acme-corp.io', c: 'free' }]);
  await until(() => (gate.gateway.findings.of('shop').length > 0 ? true : null));
  expect((await client.query('SELECT * FROM t')).rows).toEqual([{ id: 1, a: '***', b: 'k***@***.io', c: 'free' }]);
  expect((await client.query('SELECT * FROM v')).rows).toEqual([{ x: '***', y: 'k***@***.io' }]);
  await database.query("COMMENT ON COLUMN t.c IS 'postern:mask=health'");
  expect((await client.query('SELECT c FROM t')).rows).toEqual([{ c: '***' }]);
  await gate.stop();
});
