import { beforeAll, describe, expect, test } from 'vitest';
import { type SequencePart, sequencePart } from '../../../src/gateway/approval/sequence-part.ts';
import type { CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, table } from '../sql/builders.ts';

let parser: Parser;
let catalog: CatalogSnapshot;

beforeAll(async () => {
  parser = await createParser();
  catalog = catalogOf([
    table('orders', ['id'], { oid: 1 }),
    table('items', ['id'], { oid: 2 }),
    table('entry', ['id'], { oid: 3, schema: 'ledger' }),
  ]);
});

const partOf = (sql: string): SequencePart | null => {
  const understanding = parser.understand(sql, catalog);
  return understanding.status === 'understood' ? sequencePart(understanding.statements, catalog) : null;
};
const summary = (sql: string) => {
  const part = partOf(sql);
  return part === null ? null : [part.needs, part.typical, part.schemas.join(), part.removes.map(({ oid }) => oid)];
};

describe('what a statement is as a step of a sequence', () => {
  test.each([
    ['CREATE TABLE a (id int)', ['migration', true, 'public', []]],
    ['CREATE TABLE ledger.a (id int REFERENCES orders)', ['migration', true, 'ledger,public', []]],
    ['CREATE SCHEMA app', ['migration', true, 'app', []]],
    ["CREATE TYPE ledger.mood AS ENUM ('a')", ['migration', true, 'ledger', []]],
    ['ALTER TABLE orders ADD COLUMN a int, ALTER COLUMN a SET DEFAULT 1', ['migration', true, 'public', []]],
    ['ALTER TABLE orders RENAME COLUMN a TO b', ['migration', true, 'public', []]],
    ['ALTER TABLE orders ADD COLUMN a int, DROP COLUMN b', ['reset', true, 'public', []]],
    ['DROP TABLE orders, items', ['reset', true, 'public', [1, 2]]],
    ['DROP SCHEMA ledger CASCADE', ['reset', true, 'ledger', [3]]],
    ['DROP TYPE ledger.mood', ['reset', true, 'ledger', []]],
    ['TRUNCATE orders, ledger.entry', ['sweep', true, 'public,ledger', [1, 3]]],
    ['DELETE FROM orders', ['sweep', true, 'public', [1]]],
    ['DELETE FROM orders WHERE true', ['sweep', true, 'public', [1]]],
    ['TRUNCATE orders; CREATE TABLE a (id int)', ['reset', true, 'public', [1]]],
    ['BEGIN; SET lock_timeout = 1000; TRUNCATE orders; COMMIT', ['sweep', true, 'public', [1]]],
    ['INSERT INTO orders VALUES (1)', ['reset', false, 'public', []]],
    ["INSERT INTO _prisma_migrations (id) VALUES ('a')", ['migration', false, 'public', []]],
    ['DELETE FROM orders WHERE id > 5', ['reset', false, 'public', [1]]],
  ])('%s', (sql, expected) => expect(summary(sql)).toEqual(expected));

  test.each([
    'SELECT 1',
    'SELECT * FROM orders',
    'COMMIT',
    'DROP DATABASE shop',
    'DROP OWNED BY app',
    'DROP EXTENSION pgcrypto CASCADE',
    'DROP FUNCTION f() CASCADE',
    'DROP TYPE ledger.mood CASCADE',
    'GRANT ALL ON orders TO public',
    'ALTER TABLE orders OWNER TO app',
    'ALTER TABLE orders SET SCHEMA ledger',
    'ALTER TABLE orders ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE orders DISABLE TRIGGER ALL',
    'CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION f()',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE RULE r AS ON INSERT TO orders DO NOTHING',
    'CREATE SCHEMA app AUTHORIZATION postgres',
    'CREATE TABLE pg_catalog.a (id int)',
    'DO $$ BEGIN DROP TABLE orders; END $$',
    'COPY orders FROM STDIN',
    'VACUUM orders',
    'SET search_path = ledger; TRUNCATE entry',
    'TRUNCATE orders; SELECT pg_terminate_backend(1)',
    "TRUNCATE orders; INSERT INTO items VALUES (pg_read_file('/etc/passwd'))",
    'TRUNCATE orders; SELECT * FROM ledger.entry',
    'PREPARE p AS TRUNCATE orders',
    'EXECUTE p',
    'EXPLAIN ANALYZE DELETE FROM orders',
    'LOCK TABLE orders',
  ])('stands alone: %s', (sql) => expect(partOf(sql)).toBeNull());

  test('without a catalog nothing is a step: what the names stand for is not certain', () => {
    const understanding = parser.understand('TRUNCATE orders', null);
    expect(understanding.status === 'understood' && sequencePart(understanding.statements, null)).toBeNull();
  });
});
