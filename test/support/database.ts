import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Runs SQL directly on the server, not through the gate. */
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  drop(): Promise<void>;
}

/** A new database with the given SQL run in it, on the run's server unless another is given. */
export async function createDatabase(
  setup = '',
  { host, port, user, password }: Pick<TestDatabase, 'host' | 'port' | 'user' | 'password'> = inject('postgres'),
): Promise<TestDatabase> {
  const server = { host, port, user, password };
  const name = `t_${randomBytes(5).toString('hex')}`;
  const administer = async (text: string): Promise<void> => {
    const client = new pg.Client({ ...server, database: 'postgres' });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  await administer(`CREATE DATABASE ${name}`);
  const pool = new pg.Pool({ ...server, database: name, max: 3 });
  pool.on('error', () => undefined); // a dropped database ends idle clients; nobody waits on them
  if (setup !== '') await pool.query(setup);
  return {
    ...server,
    name,
    query: (text, values) => pool.query(text, values),
    drop: async () => {
      await pool.end();
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
