import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MaskRule } from '../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { serverMajor } from '../support/since.ts';
import { databaseState } from './state.ts';

// The corpora as an agent would send them: over a real gate, in both protocols, with the rights of a superuser behind it.

interface CorpusCase {
  readonly id: string;
  readonly protocol?: 'simple' | 'extended';
  readonly sql?: string;
  readonly params?: readonly unknown[];
  readonly steps?: readonly { readonly q: string }[];
  readonly expect?: string;
  readonly expectByProfile?: { readonly readonly: string };
  readonly minPg?: number;
  readonly maxPg?: number;
}

const read = (file: string): string => readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8');
const cases = (file: string): readonly CorpusCase[] => JSON.parse(read(file)).cases;
/** Risky only on a connection with masks. */
const MASKING_DECIDES =
  /^(SELECT id FROM users ORDER BY ssn|SELECT count\(\*\) FROM users WHERE salary|EXPLAIN ANALYZE SELECT 1 FROM users WHERE email|DECLARE c CURSOR WITH HOLD FOR SELECT email|COPY \(SELECT email FROM users\) TO STDOUT)/;
const isDecidedByMasks = ({ sql = '' }: CorpusCase): boolean => MASKING_DECIDES.test(sql);
const decidedByMasks = cases('risky.json').filter(isDecidedByMasks);
const risky = [
  ...cases('risky.json').filter((one) => !isDecidedByMasks(one)),
  ...cases('own-risky.json'),
  ...cases('own-risky-2.json'),
];
const benign = [...cases('benign.json'), ...cases('own-benign.json'), ...cases('own-benign-2.json')].filter(
  ({ expect: wanted = 'allow', expectByProfile, minPg = 0, maxPg = 99 }) =>
    (expectByProfile?.readonly ?? wanted) === 'allow' && minPg <= serverMajor() && maxPg >= serverMajor(),
);

/** A gate with the policy of production, where nobody is asked. */
const open = (more: Pick<Parameters<typeof startGate>[0], 'maskRules'>): Promise<TestGate> =>
  startGate({
    database: database.name,
    upstream: { host: server.host, port: server.port },
    password: server.password,
    policy: 'production',
    environment: 'production',
    deadlineMs: 0,
    ...more,
  });

/** Of its own: the state that must not change includes what all databases of a server share. */
let server: TestPostgres;
let database: TestDatabase;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase(read('roles.sql'), server);
  await database.query(read('schema.sql'));
  await database.query('CREATE ROLE scratch_role; CREATE TABLE placeholder (id int PRIMARY KEY)');
  gate = await open({});
});
afterAll(async () => {
  await gate?.stop();
  await database?.drop();
  await server?.stop();
});

const textsOf = ({ sql, steps = [] }: CorpusCase): readonly string[] =>
  (sql === undefined ? steps.map(({ q }) => q) : [sql]).map((text) =>
    text.replace('{{db}}', database.name).replaceAll(/\{\{(\w+)\}\}/g, 'scratch_role'),
  );

/** A connection that is made anew when its session was ended. */
class Agent {
  readonly #open: () => Promise<pg.Client>;
  #client: pg.Client | null = null;

  constructor(open: () => Promise<pg.Client>) {
    this.#open = open;
  }

  async send(text: string, values: readonly unknown[] | null, extended: boolean): Promise<Answer> {
    const client = this.#client ?? (await this.#opened());
    try {
      const result: pg.QueryArrayResult | pg.QueryArrayResult[] = await client.query({
        text,
        rowMode: 'array',
        types: { getTypeParser: () => (value: unknown) => String(value) },
        ...(values === null ? {} : { values: [...values] }),
        ...(extended ? { queryMode: 'extended' } : {}),
      } as pg.QueryArrayConfig);
      return {
        results: [result].flat().map(({ command, rowCount, rows, fields }) => ({
          command,
          rowCount,
          rows,
          fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
        })),
      };
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      return { code, message };
    }
  }

  async #opened(): Promise<pg.Client> {
    const client = await this.#open();
    this.#client = client.once('end', () => {
      this.#client = null;
    });
    return client;
  }

  async end(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
  }
}

type Answer = { readonly code: string; readonly message: string } | { readonly results: readonly unknown[] };
const connect = async (address: pg.ClientConfig): Promise<pg.Client> => {
  const client = new pg.Client(address);
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

/** Milliseconds for some 1,400 statements, on a machine that does other things as well. */
const slow = { timeout: 240_000 };

describe('what is risky', slow, () => {
  test.each([
    ['simple', false],
    ['extended', true],
  ])('never runs: held or refused, and the database is what it was (%s protocol)', async (_name, extended) => {
    const before = await databaseState(database);
    expect(await whatRuns(risky, gate, extended)).toEqual([]);
    expect(await databaseState(database)).toEqual(before);
  });

  test('nor does what is risky where columns are masked', async () => {
    const sensitive: readonly { table: string; column: string }[] = JSON.parse(read('mask-policy.json')).sensitive;
    const maskRules = sensitive.map(({ table, column }, at): MaskRule => {
      const [schema = '', name = ''] = table.split('.');
      return { id: `mask-${at}`, schema, table: name, column, masker: { kind: 'full' } };
    });
    const masked = await open({ maskRules });
    expect(decidedByMasks.length).toBe(5);
    for (const extended of [false, true]) expect(await whatRuns(decidedByMasks, masked, extended)).toEqual([]);
    await masked.stop();
  });
});

/** The cases of which a part ran. */
async function whatRuns(list: readonly CorpusCase[], through: TestGate, extended: boolean): Promise<readonly string[]> {
  const agent = new Agent(() => connect(through.address));
  const ran: string[] = [];
  for (const one of list) {
    const answers: Answer[] = [];
    for (const text of textsOf(one)) answers.push(await agent.send(text, one.params ?? null, extended));
    const refused = answers.some(
      (answer) => 'code' in answer && answer.code === '42501' && /Postern/.test(answer.message),
    );
    if (!refused) ran.push(`${one.id}: ${textsOf(one).join('; ')} -> ${JSON.stringify(answers).slice(0, 300)}`);
    // What was refused opened no transaction; earlier steps may have.
    if (!refused || one.steps !== undefined) await agent.send('ROLLBACK', null, false);
  }
  await agent.end();
  return ran;
}

describe('what agents and tools send all day', slow, () => {
  test('passes unasked under the production preset, and answers as the server itself does', async () => {
    const agent = new Agent(() => connect(gate.address));
    const direct = new Agent(() =>
      connect({
        host: server.host,
        port: server.port,
        user: server.user,
        password: server.password,
        database: database.name,
      }),
    );
    const asked: string[] = [];
    const different: string[] = [];
    for (const one of benign) {
      const extended = one.protocol === 'extended';
      for (const text of textsOf(one)) {
        const expected = await direct.send(text, one.params ?? null, extended);
        const through = await agent.send(text, one.params ?? null, extended);
        if ('code' in through && /Postern/.test(through.message)) {
          asked.push(`${one.id}: ${text.slice(0, 200)} -> ${through.message}`);
        } else if (comparable(text, through) !== comparable(text, expected)) {
          const again = await direct.send(text, one.params ?? null, extended);
          // What differs from one moment to the next at the server itself proves nothing.
          if (comparable(text, again) === comparable(text, expected)) {
            different.push(
              `${one.id}: ${text.slice(0, 200)}\n${comparable(text, expected).slice(0, 300)}\n${comparable(text, through).slice(0, 300)}`,
            );
          }
        }
      }
    }
    await Promise.all([agent.end(), direct.end()]);
    expect(different).toEqual([]);
    expect(asked).toEqual([]);
  });
});

/** The answer without what names this very session. */
const comparable = (text: string, answer: Answer): string =>
  /pg_backend_pid|pg_stat_activity|application_name|pg_locks|inet_(?:client|server)|pg_stat_ssl|txid_|xact_id/i.test(
    text,
  ) && 'results' in answer
    ? JSON.stringify(answer.results.map((result) => (result as { fields: unknown }).fields))
    : JSON.stringify(answer);
