import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/** Runs every *.sql file of a folder in the order of their names, in one transaction, as the owner of the shop. */
export async function runSeed(client: Pick<pg.Client, 'query'>, folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  await client.query('ALTER SCHEMA public OWNER TO shop_owner');
  await client.query('BEGIN');
  await client.query('SET LOCAL ROLE shop_owner');
  for (const file of files) await client.query(await readFile(join(folder, file), 'utf8'));
  await client.query('COMMIT');
}
