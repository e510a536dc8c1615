import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileMasking } from '../../src/gateway/masking/profile.ts';
import type { MaskingProfile } from '../../src/gateway/masking/types.ts';
import type { CatalogSnapshot } from '../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../src/gateway/sql/catalog-query.ts';
import { createParser, type Parser } from '../../src/gateway/sql/parser.ts';
import { catalogQuery } from '../corpora/catalog.ts';
import { dataRow, hashKey, rule } from '../gateway/masking/support.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { budget, report } from './budget.ts';
import { fixture, maskedColumns, QueryGenerator } from './masking-queries.ts';
import { Random } from './random.ts';

// Non-interference: two databases that differ in nothing but masked values have to look the same through the masks, whatever
// is asked. And what nothing masked went into should be shown: the generator knows, because it wrote the query.

const limits = budget({ runs: 3000, seconds: 45 });

interface Twin {
  readonly database: TestDatabase;
  readonly client: pg.Client;
  readonly profile: MaskingProfile;
  readonly catalog: CatalogSnapshot;
}

let parser: Parser;
let twins: readonly Twin[];

const secrets: Readonly<Record<string, (seed: number) => string>> = {
  salary: (seed) => `${7000 + seed * 13}.25`,
  born: (seed) => `19${60 + (seed % 30)}-0${1 + (seed % 8)}-1${seed % 9}`,
  phone: (seed) => `+1555${100000 + seed * 7}`,
};

beforeAll(async () => {
  parser = await createParser();
  twins = await Promise.all(
    [1, 2].map(async (twin): Promise<Twin> => {
      const database = await createDatabase(
        fixture((column, row) => (secrets[column] ?? ((seed) => `zz${column}${seed}secret`))(row + twin * 100)),
      );
      const client = new pg.Client({ ...database, database: database.name });
      await client.connect();
      const { query, end } = await catalogQuery(database);
      const catalog = await loadCatalog(query, 1);
      await end();
      const rules = maskedColumns.map((name) => rule(name.split('.')[0] ?? '', name.split('.')[1] ?? ''));
      return { database, client, catalog, profile: compileMasking({ rules, catalog, hashKey }) };
    }),
  );
});
afterAll(async () => {
  for (const { client, database } of twins) {
    await client.end();
    await database.drop();
  }
});

interface Seen {
  /** What the agent would get: masked rows, or the SQLSTATE. */
  readonly answer: string;
  readonly masked: readonly boolean[];
  readonly unmasked: readonly (readonly (string | null)[])[];
}

async function ask(sql: string, { client, profile, catalog }: Twin): Promise<Seen> {
  const types = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig;
  try {
    const { rows, fields } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types });
    const described = fields.map((field) => ({
      name: field.name,
      tableOid: field.tableID,
      attributeNumber: field.columnID,
      typeOid: field.dataTypeID,
      typeSize: field.dataTypeSize,
      typeModifier: field.dataTypeModifier,
      format: 0 as const,
    }));
    const plan = profile.forStatement(parser.understand(sql, catalog), sql).plan(described);
    const shown = rows.map((row) => (plan === null ? dataRow(row) : plan.apply(dataRow(row))).toString('base64'));
    return {
      answer: shown.sort().join('\n'),
      masked: described.map((_, at) => plan !== null && plan.columns[at] !== null),
      unmasked: rows,
    };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { answer: `error ${error.code}: ${error.message}`, masked: [], unmasked: [] };
  }
}

test('two databases that differ in masked values only look the same, and nothing else is masked', {
  timeout: 24 * 3600_000,
}, async () => {
  const startedAt = performance.now();
  const random = new Random(limits.seed);
  const generator = new QueryGenerator(random);
  const [one, two] = twins;
  if (one === undefined || two === undefined) throw new Error('there are no twins');
  const count = { queries: 0, errors: 0, asked: 0, refused: 0, clean: 0, overMasked: 0 };
  const leaks: string[] = [];
  const overMasked: string[] = [];
  while (count.queries < limits.runs && performance.now() - startedAt < limits.timeLimit && leaks.length < 5) {
    const { sql, columns } = generator.query();
    count.queries += 1;
    const masking = one.profile.forStatement(parser.understand(sql, one.catalog), sql);
    if (masking.refusal !== null) {
      count.refused += 1;
      continue;
    }
    const [first, second] = [await ask(sql, one), await ask(sql, two)];
    if (first.answer.startsWith('error')) count.errors += 1;
    // What steers by a masked column is asked about; once a person agreed, the rows may differ.
    if (masking.probes.length > 0) count.asked += 1;
    else if (first.answer !== second.answer) leaks.push(`${sql}\n${first.answer}\n${second.answer}`);
    if (first.masked.length !== columns.length) continue;
    for (const [at, { secret }] of columns.entries()) {
      if (secret) continue;
      count.clean += 1;
      if (first.masked[at] === true) {
        count.overMasked += 1;
        overMasked.push(`${at}: ${sql}`);
      }
    }
  }
  report('masking', count.queries, startedAt, limits, JSON.stringify(count));
  expect(leaks).toEqual([]);
  // Most of what is generated has to be a query that runs: otherwise nothing was tested.
  expect(count.errors).toBeLessThan(count.queries / 10);
  expect(overMasked.slice(0, count.overMasked > count.clean / 50 ? 5 : 0)).toEqual([]);
});
