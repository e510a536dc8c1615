import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';

const SHOP = `
DROP SCHEMA public CASCADE; CREATE SCHEMA public;
CREATE TABLE orders (id int PRIMARY KEY, note text);
CREATE TABLE purged (id int);
INSERT INTO orders VALUES (1, 'first'), (2, 'second');
CREATE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM orders';
CREATE VIEW open_orders AS SELECT id, note FROM orders;
CREATE FUNCTION purge() RETURNS int LANGUAGE sql AS 'INSERT INTO purged VALUES (1) RETURNING id';
CREATE FUNCTION purge_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM purged; RETURN NEW; END';
`;

/** Refused statements are answered at once: nobody is there to ask. */
const refused = { code: '42501' };

let database: TestDatabase;
let gate: TestGate;
let agent: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  gate = await startGate({ database: database.name, policy: 'staging', environment: 'staging', deadlineMs: 0 });
  agent = await gate.connect();
});
beforeEach(async () => {
  await database.query(SHOP);
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

/** Statements that a fact of the catalog lets through, and what somebody else does to that fact. */
const CHANGES: readonly (readonly [what: string, statement: string, change: string])[] = [
  [
    'drops the unique index',
    "UPDATE orders SET note = 'x' WHERE id = 1",
    'ALTER TABLE orders DROP CONSTRAINT orders_pkey',
  ],
  [
    'adds a trigger',
    "UPDATE orders SET note = 'x' WHERE id = 1",
    'CREATE TRIGGER t AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION purge_row()',
  ],
  ['adds a rule', 'DELETE FROM orders WHERE id = 1', 'CREATE RULE r AS ON DELETE TO orders DO ALSO DELETE FROM purged'],
  [
    'adds a cascading foreign key',
    'DELETE FROM orders WHERE id = 1',
    'CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE)',
  ],
  [
    'adds a default that calls a function',
    'INSERT INTO orders (id) VALUES (3)',
    'ALTER TABLE orders ALTER note SET DEFAULT purge()::text',
  ],
  [
    'replaces a function that only read',
    'SELECT total()',
    "CREATE OR REPLACE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'INSERT INTO purged VALUES (1) RETURNING id::bigint'",
  ],
  [
    'overloads a function of the server',
    'SELECT lower(note) FROM orders',
    "CREATE FUNCTION lower(varchar) RETURNS int LANGUAGE sql AS 'INSERT INTO purged VALUES (1) RETURNING id'",
  ],
  [
    'swaps a view',
    'SELECT id FROM open_orders',
    'DROP VIEW open_orders; CREATE VIEW open_orders AS SELECT id, note, purge() AS p FROM orders',
  ],
];

describe.each(['simple', 'extended'] as const)('somebody else, between two %s statements,', (protocol) => {
  const send = (text: string): Promise<pg.QueryResult> =>
    protocol === 'simple' ? agent.query(text) : agent.query({ text, values: [], name: `p${text}`.slice(0, 60) });

  it.each(CHANGES)('%s: the next is not let through any more', async (_, statement, change) => {
    await send(statement);
    await database.query(change);
    await expect(send(statement)).rejects.toMatchObject(refused);
  });

  it('does what matters not: the next is let through as before', async () => {
    await send("UPDATE orders SET note = 'x' WHERE id = 1");
    await database.query('CREATE TABLE another (id int)');
    await expect(send("UPDATE orders SET note = 'x' WHERE id = 1")).resolves.toMatchObject({ rowCount: 1 });
  });
});

it('what another session of the gate changed counts for the next statement of this one', async () => {
  const observer = await startGate({ database: database.name, policy: 'observe' });
  try {
    const other = await observer.connect();
    await agent.query('SELECT total()');
    await other.query(
      "CREATE OR REPLACE FUNCTION total() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN purge(); END'",
    );
    await expect(agent.query('SELECT total()')).rejects.toMatchObject(refused);
  } finally {
    await observer.stop();
  }
});

describe('definitions of the open transaction, which nobody else sees,', () => {
  let permitted: TestGate;
  let client: pg.Client;
  beforeAll(async () => {
    permitted = await startGate({
      database: database.name,
      policy: 'staging',
      environment: 'staging',
      deadlineMs: 0,
      policyRules: [{ id: 'ddl', when: { conditions: ['ddl'] }, verdict: 'allow', reason: 'Definitions pass here.' }],
    });
    client = await permitted.connect();
  });
  afterEach(() => client.query('ROLLBACK'));
  afterAll(() => permitted.stop());

  it('are not taken for what the catalog says outside: what rests on it is asked about until COMMIT', async () => {
    const update = "UPDATE orders SET note = 'x' WHERE id = 1";
    await client.query('BEGIN');
    await client.query(update);
    await client.query('ALTER TABLE orders DROP CONSTRAINT orders_pkey');
    await expect(client.query(update)).rejects.toMatchObject(refused);
  });

  it('leave plain reads alone', async () => {
    await client.query('BEGIN');
    await client.query('ALTER TABLE orders ADD COLUMN extra int');
    await expect(client.query('SELECT id, extra FROM orders ORDER BY id LIMIT 1')).resolves.toMatchObject({
      rows: [{ id: 1, extra: null }],
    });
  });

  it('that make a table doubt only what writes to it', async () => {
    await client.query('BEGIN');
    await client.query('CREATE TABLE fresh (id int, note text)');
    await client.query("UPDATE orders SET note = 'x' WHERE id = 1");
    await expect(client.query('INSERT INTO fresh (id) VALUES (1)')).rejects.toMatchObject(refused);
  });

  it('are known as soon as the transaction is over', async () => {
    await client.query('BEGIN');
    await client.query('CREATE TABLE kept (id int PRIMARY KEY, note text)');
    await client.query('COMMIT');
    await client.query("INSERT INTO kept VALUES (1, 'a')");
    await expect(client.query("UPDATE kept SET note = 'b' WHERE id = 1")).resolves.toMatchObject({ rowCount: 1 });
  });
});

it('a plain read goes on when nobody can say what the catalog holds, and a write by key is asked about', async () => {
  const poor = `poor_${database.name}`;
  await database.query(`CREATE ROLE ${poor} LOGIN PASSWORD 'p' CONNECTION LIMIT 1`);
  await database.query(`GRANT ALL ON SCHEMA public TO ${poor}; GRANT ALL ON orders TO ${poor}`);
  const lonely = await startGate({
    database: database.name,
    policy: 'staging',
    environment: 'staging',
    deadlineMs: 0,
    upstream: { user: poor },
    password: 'p',
  });
  try {
    const client = await lonely.connect();
    expect((await client.query('SELECT id FROM orders WHERE id = 1')).rows).toEqual([{ id: 1 }]);
    await expect(client.query("UPDATE orders SET note = 'x' WHERE id = 1")).rejects.toMatchObject(refused);
    await expect(client.query('SELECT total()')).rejects.toMatchObject(refused);
  } finally {
    await lonely.stop();
    await database.query(`DROP OWNED BY ${poor}; DROP ROLE ${poor}`);
  }
});
