import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogFingerprint } from '../../../src/gateway/sql/catalog-fingerprint.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { catalogQuery } from '../../corpora/catalog.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { serverMajor } from '../../support/since.ts';

const SHOP = `
CREATE TABLE customers (id integer PRIMARY KEY, email varchar(40) UNIQUE, lower_email text GENERATED ALWAYS AS (lower(email::text)) STORED);
CREATE TABLE lines (order_id integer, position integer, note text, UNIQUE (order_id, position));
CREATE UNIQUE INDEX partial ON lines (note) WHERE note <> '';
CREATE UNIQUE INDEX by_expression ON lines (lower(note));
CREATE UNIQUE INDEX covering ON lines (note, order_id) INCLUDE (position);
CREATE TABLE events (at date, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE VIEW contacts AS SELECT id, email AS mail FROM customers;
CREATE FUNCTION label(c customers) RETURNS text LANGUAGE sql STABLE AS 'SELECT c.email';
CREATE FUNCTION secret() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE UPDATE ON lines FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('sad', 'happy');
ALTER TYPE mood ADD VALUE 'furious' BEFORE 'sad';
CREATE DOMAIN address AS varchar(40);
CREATE TYPE pair AS (a address, dropped int, b mood[]);
ALTER TYPE pair DROP ATTRIBUTE dropped;
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE TABLE private (id integer DEFAULT secret(), noted text DEFAULT pg_notify('made', ''), made timestamptz DEFAULT now(), CHECK (id > secret()));
CREATE POLICY own ON private USING (id IN (SELECT id FROM contacts)) WITH CHECK (secret() = 1);
ALTER TABLE private ENABLE ROW LEVEL SECURITY;
CREATE POLICY without_effect ON lines USING (secret() = 1);
`;

describe('the catalog', () => {
  let database: TestDatabase;
  let side: Awaited<ReturnType<typeof catalogQuery>>;
  beforeAll(async () => {
    database = await createDatabase(SHOP);
    side = await catalogQuery(database);
  });
  afterAll(async () => {
    await side.end();
    await database.drop();
  });

  it('knows tables with their columns, and of unique indexes only those that prove a row', async () => {
    const catalog = await loadCatalog(side.query, 7);
    const table = (name: string) => catalog.relations.find((one) => one.schema === 'public' && one.name === name);
    expect(catalog).toMatchObject({ version: 7, searchPath: ['pg_catalog', 'public'], userOperators: ['==='] });
    expect(Math.floor(catalog.serverVersionNumber / 10_000)).toBe(serverMajor());
    expect(table('customers')).toEqual({
      oid: expect.any(Number),
      schema: 'public',
      name: 'customers',
      kind: 'r',
      columns: [
        { attributeNumber: 1, name: 'id', typeOid: 23, type: 'integer', generated: null },
        { attributeNumber: 2, name: 'email', typeOid: 1043, type: 'character varying(40)', generated: null },
        { attributeNumber: 3, name: 'lower_email', typeOid: 25, type: 'text', generated: 'lower((email)::text)' },
      ],
      uniqueKeys: [['id'], ['email']],
      indexed: ['email', 'id'],
      parents: [],
      definition: null,
      dependsOn: [],
      hasTriggers: false,
      triggers: [],
      rules: [],
      calls: [],
      estimatedRows: -1,
    });
    expect(table('lines')).toMatchObject({
      uniqueKeys: [
        ['order_id', 'position'],
        ['note', 'order_id'],
      ],
      indexed: ['note', 'order_id'],
      hasTriggers: true,
    });
  });

  it('knows what views depend on, which tables are partitions, and what system relations there are', async () => {
    const catalog = await loadCatalog(side.query, 1);
    const named = (name: string) => catalog.relations.find((one) => one.name === name);
    const customers = named('customers')?.oid ?? 0;
    expect(named('contacts')).toMatchObject({
      kind: 'v',
      hasTriggers: false,
      definition: expect.stringContaining('FROM customers'),
      dependsOn: expect.arrayContaining([
        { oid: customers, attributeNumber: 1 },
        { oid: customers, attributeNumber: 2 },
      ]),
    });
    expect(named('events_2025')?.parents).toEqual([named('events')?.oid]);
    expect(named('pg_class')).toMatchObject({ schema: 'pg_catalog', kind: 'r' });
    expect(named('columns')).toMatchObject({ schema: 'information_schema', kind: 'v', definition: null });
  });

  it('knows what policies that are in force read and call, and what else a table calls by itself', async () => {
    const { relations } = await loadCatalog(side.query, 1);
    const named = (name: string) => relations.find((one) => one.schema === 'public' && one.name === name);
    const secret = { schema: 'public', name: 'secret' };
    expect(named('private')?.rowSecurity).toEqual({
      expressions: [expect.stringMatching(/SELECT contacts\.id\s+FROM contacts/), '(secret() = 1)'],
      reads: [{ schema: 'public', name: 'contacts' }],
      calls: [secret],
    });
    expect(named('lines')?.rowSecurity).toBeUndefined();
    expect(new Set(named('private')?.calls)).toEqual(
      new Set([secret, { ...secret, writing: true }, { schema: 'pg_catalog', name: 'pg_notify', writing: true }]),
    );
  });

  it('knows user functions, with the body of those in SQL and PL/pgSQL', async () => {
    const { functions } = await loadCatalog(side.query, 1);
    // A range type brings constructors of its own, in C.
    const own = functions.filter((one) => one.fromExtension !== true && one.language !== 'internal');
    expect(own.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      {
        schema: 'public',
        name: 'label',
        volatility: 's',
        securityDefiner: false,
        language: 'sql',
        body: 'SELECT c.email',
        fromExtension: false,
      },
      {
        schema: 'public',
        name: 'secret',
        volatility: 'v',
        securityDefiner: true,
        language: 'plpgsql',
        body: expect.stringContaining('FUNCTION public.secret()'),
        fromExtension: false,
      },
      {
        schema: 'public',
        name: 'stamp',
        volatility: 'v',
        securityDefiner: false,
        language: 'plpgsql',
        body: expect.stringContaining('RETURN NEW'),
        fromExtension: false,
      },
    ]);
    expect(functions.some((one) => one.name === 'max' && one.fromExtension === true)).toBe(true);
  });

  it('knows what the types that users made consist of, row types of tables included', async () => {
    const { types = [] } = await loadCatalog(side.query, 1);
    const named = (name: string) => types.find((one) => one.name === name);
    const oid = (name: string): number => named(name)?.oid ?? 0;
    const known = { oid: expect.any(Number) };
    expect(named('mood')).toEqual({ ...known, name: 'mood', kind: 'enum', labels: ['furious', 'sad', 'happy'] });
    expect(named('_mood')).toEqual({ ...known, name: '_mood', kind: 'array', element: oid('mood') });
    expect(named('address')).toEqual({ ...known, name: 'address', kind: 'domain', base: 1043, typeModifier: 44 });
    expect(named('pair')).toMatchObject({
      kind: 'composite',
      attributes: [
        { typeOid: oid('address'), typeModifier: -1 },
        { typeOid: oid('_mood'), typeModifier: -1 },
      ],
    });
    expect(named('lines')).toMatchObject({
      kind: 'composite',
      attributes: [23, 23, 25].map((typeOid) => ({ typeOid, typeModifier: -1 })),
    });
    expect(named('floats')?.kind).toBe('range');
    expect(named('floats_multirange')?.kind).toBe(serverMajor() < 14 ? undefined : 'multirange');
    expect(named('citext')?.kind).toBe('base');
  });

  it('has a fingerprint that stays while nothing changes and differs after every kind of DDL that matters', async () => {
    const seen = [await catalogFingerprint(side.query)];
    expect(await catalogFingerprint(side.query)).toBe(seen[0]);
    for (const change of [
      'ALTER TABLE customers ADD COLUMN phone text',
      'CREATE OR REPLACE VIEW contacts AS SELECT id, lower_email::varchar(40) AS mail FROM customers',
      "CREATE OR REPLACE FUNCTION secret() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 2; END'",
      'ALTER TABLE events DETACH PARTITION events_2025',
      'DROP INDEX covering',
      'ALTER TABLE lines DISABLE TRIGGER stamp',
      "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'furious'",
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    ]) {
      await database.query(change);
      seen.push(await catalogFingerprint(side.query));
    }
    expect(new Set(seen).size).toBe(9);
  });
});
