import { beforeAll, describe, expect, it } from 'vitest';
import { policies } from '../../../src/gateway/policy/index.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, table, userFunction } from '../sql/builders.ts';
import { inputOf } from './input.ts';

const system = (name: string, columns: string[]) => table(name, columns, { schema: 'pg_catalog' });
const authid = system('pg_authid', ['oid', 'rolname', 'rolpassword']);
const catalog = catalogOf(
  [
    authid,
    system('pg_auth_members', ['roleid', 'member']),
    system('pg_stats', ['tablename', 'null_frac', 'avg_width', 'most_common_vals']),
    system('pg_largeobject', ['loid', 'data']),
    table('members', ['hash'], {
      kind: 'v',
      definition: 'SELECT rolpassword AS hash FROM pg_authid;',
      dependsOn: [{ oid: authid.oid, attributeNumber: 3 }],
    }),
  ],
  [userFunction('hashes', { language: 'sql', volatility: 's', body: 'SELECT rolpassword FROM pg_authid' })],
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

const answer = (sql: string): string => {
  const { verdict, rule } = policies.production.judge(inputOf(parser.understand(sql, catalog), 'production'));
  return `${verdict} ${rule.id}`;
};

describe('catalogs with secrets', () => {
  it.each([
    'SELECT oid, rolname FROM pg_authid',
    'SELECT count(*) FROM pg_catalog.pg_authid',
    'SELECT m.rolname AS member FROM pg_auth_members a JOIN pg_authid m ON m.oid = a.member ORDER BY 1',
    'SELECT null_frac, avg_width FROM pg_stats WHERE tablename = $1',
    'COPY (SELECT rolname FROM pg_authid) TO STDOUT',
    'DECLARE c CURSOR FOR SELECT rolname FROM pg_authid',
  ])('are read where every column is named and none holds a secret: %s', (sql) => {
    expect(answer(sql)).toBe('allow read');
  });

  it.each([
    'SELECT rolpassword FROM pg_authid',
    'SELECT "rolpassword" FROM pg_authid',
    'SELECT U&"rol\\0070assword" FROM pg_authid',
    'SELECT * FROM pg_authid',
    'SELECT a.* FROM pg_authid a',
    'TABLE pg_authid',
    'SELECT a FROM pg_authid a',
    'SELECT pg_authid FROM pg_authid',
    'SELECT pg_catalog.pg_authid FROM pg_catalog.pg_authid',
    'SELECT to_json(a) FROM pg_authid a',
    'SELECT (a).rolpassword FROM pg_authid a',
    'SELECT z FROM pg_authid AS a (x, y, z)',
    'SELECT j FROM (pg_authid CROSS JOIN pg_auth_members) AS j',
    'SELECT s FROM (SELECT rolname FROM pg_authid) AS s',
    'SELECT rolname FROM pg_authid NATURAL JOIN pg_auth_members',
    'SELECT 1 FROM pg_authid a JOIN pg_authid b USING (rolpassword)',
    "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'SCRAM%'",
    'SELECT rolname FROM pg_authid ORDER BY rolpassword',
    'COPY pg_authid TO STDOUT',
    'COPY pg_authid (rolpassword) TO STDOUT',
    'SELECT a.rolname, m.hash FROM pg_authid a, members m',
    'SELECT rolname, hashes() FROM pg_authid',
    'SELECT hashes()',
    'SELECT hash FROM members',
    'SELECT most_common_vals FROM pg_stats',
    'SELECT loid FROM pg_largeobject',
    'SELECT chunk_data FROM pg_toast.pg_toast_2619',
    'SELECT 1 FROM pg_toast_temp_3.pg_toast_99',
    'SELECT umoptions FROM information_schema._pg_user_mappings',
  ])('are asked about where a secret could be read: %s', (sql) => {
    expect(answer(sql)).toBe('ask secret-catalog');
  });
});
