import pg from 'pg';
import type { CatalogQuery } from '../../src/gateway/sql/catalog.ts';
import type { TestDatabase } from '../support/database.ts';

/** Rows as arrays of text, as the gate's own side connection gives them. */
export async function catalogQuery(database: TestDatabase): Promise<{ query: CatalogQuery; end: () => Promise<void> }> {
  const { host, port, user, password, name } = database;
  const client = new pg.Client({ host, port, user, password, database: name });
  await client.connect();
  const asText = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig;
  return {
    query: async (text) => (await client.query<(string | null)[]>({ text, rowMode: 'array', types: asText })).rows,
    end: () => client.end(),
  };
}
