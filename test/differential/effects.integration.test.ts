import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { createParser } from '../../src/gateway/sql/parser.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor, since } from '../support/since.ts';
import { readScript } from './psql-script.ts';
import { DifferentialSession } from './session.ts';

const sample = readFileSync(new URL('data/sample.sql', import.meta.url), 'utf8');

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** MERGE takes a view, such as `names` in the sample, from 17 on. */
const isKnown = (sql: string): boolean => serverMajor() >= 17 || !sql.startsWith('MERGE INTO names');

// The tool is made for the suite of PostgreSQL 15; what it looks at to see what happened is not there on older servers.
since(15)('what the gate says of a statement covers what it does on a real server', async () => {
  const statements = readScript(sample, {}).filter(({ sql }) => isKnown(sql));
  const { host, port, user, password, name } = database;
  const session = await DifferentialSession.open({ host, port, user, password, database: name }, await createParser());
  const found: unknown[] = [];
  const outcomes = new Map<string, number>();
  for (const statement of statements) {
    const outcome = await session.run(statement);
    outcomes.set(outcome.outcome, (outcomes.get(outcome.outcome) ?? 0) + 1);
    if (outcome.outcome !== 'compared') found.push([statement.sql, outcome.outcome]);
    else if (outcome.disagreements.length > 0) found.push([statement.sql, ...outcome.disagreements]);
  }
  await session.close();
  expect(found).toEqual([]);
  expect([...outcomes]).toEqual([['compared', statements.length]]);
});
