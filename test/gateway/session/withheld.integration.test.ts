import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';

const rule = (column: string, kind: 'withhold' | 'email', table = 'person'): MaskRule => ({
  ...{ id: `${table}-${column}`, schema: 'public', table, column },
  masker: { kind },
});

let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE person (id int PRIMARY KEY, name text, email text, ssn text, short text GENERATED ALWAYS AS (left(ssn, 3)) STORED);
    INSERT INTO person (id, name, email, ssn) VALUES (1, 'Ada', 'ada@example.com', '987-65-0001');
    CREATE TABLE staff (grade int) INHERITS (person);
    CREATE VIEW directory AS SELECT id, name FROM person;
    CREATE VIEW numbers AS SELECT id, ssn AS number, 'x' || ssn AS marked FROM person;
    CREATE VIEW tables AS SELECT relname, pg_get_viewdef('directory') AS text FROM pg_class WHERE relname = 'person';
    CREATE TABLE place (id int, town text);
    INSERT INTO place VALUES (1, 'Paris');
  `);
  gate = await startGate({
    database: database.name,
    policy: 'observe',
    maskRules: [rule('ssn', 'withhold'), rule('email', 'email')],
  });
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

const send = async (text: string) => (await gate.connect()).query(text);

describe('a withheld column', () => {
  test.each([
    ['SELECT ssn FROM person', 'person.ssn'],
    ['SELECT * FROM person', 'person.short, person.ssn'],
    ['TABLE person', 'person.short, person.ssn'],
    ['SELECT p FROM person p', 'person.short, person.ssn'],
    ['SELECT to_jsonb(p) FROM person p', 'person.short, person.ssn'],
    ['SELECT count(*) FROM person WHERE ssn IS NOT NULL', 'person.ssn'],
    ['SELECT id FROM person ORDER BY ssn', 'person.ssn'],
    ['SELECT x.a FROM (SELECT ssn AS a FROM person) x', 'person.ssn'],
    ['SELECT short FROM person', 'person.short'],
    ['SELECT ssn FROM staff', 'staff.ssn'],
    ['SELECT number FROM numbers', 'numbers.number'],
    ['SELECT marked FROM numbers', 'numbers.marked'],
    ['SELECT * FROM numbers', 'numbers.marked, numbers.number'],
    ['EXPLAIN SELECT ssn FROM person', 'person.ssn'],
    ['PREPARE p AS SELECT ssn FROM person', 'person.ssn'],
    ['DECLARE c CURSOR FOR SELECT * FROM person', 'person.short, person.ssn'],
    ['COPY person TO STDOUT', 'person.short, person.ssn'],
    ['COPY person (id, ssn) TO STDOUT', 'person.ssn'],
    ['COPY person FROM STDIN', 'person.short, person.ssn'],
    ["INSERT INTO person (id, ssn) VALUES (2, '1')", 'person.ssn'],
    ["INSERT INTO person VALUES (2, 'a', 'b', 'c')", 'person.ssn'],
    ["UPDATE person SET ssn = '' WHERE id = 1", 'person.ssn'],
    ["INSERT INTO person (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET ssn = ''", 'person.ssn'],
    [
      "INSERT INTO person (id) WITH p AS (INSERT INTO place VALUES (2, 'Rome')) SELECT 1 ON CONFLICT (id) DO UPDATE SET ssn = ''",
      'person.ssn',
    ],
    ["MERGE INTO person USING place ON person.id = place.id WHEN MATCHED THEN UPDATE SET ssn = ''", 'person.ssn'],
    ["MERGE INTO person USING place ON false WHEN NOT MATCHED THEN INSERT VALUES (9, 'n', 'e', 's')", 'person.ssn'],
    ['DELETE FROM person WHERE id = 1 RETURNING *', 'person.short, person.ssn'],
    ["UPDATE person SET name = 'A' WHERE id = 1 RETURNING ssn", 'person.ssn'],
    ['CREATE INDEX ON person (ssn)', 'person.ssn'],
    ['ALTER TABLE person RENAME ssn TO open', 'person.ssn'],
    ['ALTER TABLE person DROP COLUMN ssn', 'person.ssn'],
  ])('%s is refused', async (text, labels) => {
    const all = expect.stringContaining(`${labels} `);
    await expect(send(text)).rejects.toMatchObject({
      code: '42501',
      message: all,
      detail: expect.stringContaining('rule: masked_withheld'),
    });
  });

  test('is refused with the names of the columns that are there', async () => {
    await expect(send('SELECT * FROM person')).rejects.toMatchObject({
      message:
        'Postern refused this statement: person.short, person.ssn are not there for this agent: a rule of this connection withholds them. Leave them out, and name the columns that you need instead of *: id, name, email.',
      hint: 'Leave them out, and name the columns that you need instead of *: id, name, email.',
    });
  });

  test('stands in the way of nothing else', async () => {
    expect((await send('SELECT id, name, email FROM person')).rows).toEqual([
      { id: 1, name: 'Ada', email: expect.stringMatching(/^a\*+@/) },
    ]);
    expect((await send('SELECT count(*)::int AS n FROM person')).rows).toEqual([{ n: 1 }]);
    expect((await send('SELECT * FROM directory')).rows).toEqual([{ id: 1, name: 'Ada' }]);
    expect((await send('SELECT * FROM place')).rows).toEqual([{ id: 1, town: 'Paris' }]);
    expect((await send('SELECT relname FROM tables')).rows).toEqual([{ relname: 'person' }]);
    expect((await send('SELECT * FROM tables')).rowCount).toBe(1);
    expect((await send("SELECT 1 AS ssn, 'ssn' AS s")).rows).toEqual([{ ssn: 1, s: 'ssn' }]);
    await send("INSERT INTO person (id, name) VALUES (3, 'Bob'); DELETE FROM person WHERE id = 3");
    await send("INSERT INTO person VALUES (4, 'Cleo'); DELETE FROM person WHERE id = 4");
  });

  test('is still in the catalog', async () => {
    const text =
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'person' AND column_name = 'ssn'";
    expect((await send(text)).rows).toEqual([{ column_name: 'ssn' }]);
    const query = "SELECT attname FROM pg_attribute WHERE attrelid = 'person'::regclass AND attname = 'ssn'";
    expect((await send(query)).rows).toEqual([{ attname: 'ssn' }]);
  });
});
