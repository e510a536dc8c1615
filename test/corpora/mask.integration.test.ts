import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MaskRule } from '../../src/contract/index.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import type { RawAddress } from '../support/raw-client.ts';
import { serverMajor } from '../support/since.ts';
import { type MaskCase, play, stepsOf } from './mask-case.ts';

// Attacks on masks, over a real gate with the production preset, whose questions nobody answers. Each is played before two
// databases that differ in nothing but values of masked columns; an oracle is played with a right guess and with a wrong
// one. What comes back has to be the same: then nothing of the values can be in it, in whatever encoding.

const read = (file: string): string => readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8');
const cases: readonly MaskCase[] = JSON.parse(read('mask.json')).cases.filter(
  ({ minPg = 0, maxPg = 99 }: MaskCase) => minPg <= serverMajor() && maxPg >= serverMajor(),
);
const maskRules = (JSON.parse(read('mask-policy.json')).sensitive as { table: string; column: string }[]).map(
  ({ table, column }, at): MaskRule => {
    const [schema = '', name = ''] = table.split('.');
    return { id: `mask-${at}`, schema, table: name, column, masker: { kind: 'full' } };
  },
);

/** Needs an extension that the server of the tests does not have, or takes a function of another database with it. */
const NOT_HERE =
  /dblink|postgres_fdw|file_fdw|adminpack|pageinspect|pg_walinspect|pg_trgm|tablefunc|xml2|pgcrypto|pgrowlocks|hstore|plpython|plperl/;
/** Played at the same time. */
const together = 4;

let server: TestPostgres;
const template = 'mask_template';
const twin = 'mask_twin';
/** By the role that agents of it log in with. */
let gates: Readonly<Record<'agent' | 'postgres', TestGate>>;
let admin: pg.Client;

const connectTo = async (database: string): Promise<pg.Client> => {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database });
  client.on('error', () => undefined); // its database is dropped with FORCE
  await client.connect();
  return client;
};

/** One after the other, on one connection. */
let last: Promise<unknown> = Promise.resolve();
const administer = (sql: string): Promise<unknown> => {
  last = last.then(() => admin.query(sql));
  return last;
};

/** The only way before 15, and the faster one for many small copies. */
const fileCopy = serverMajor() < 15 ? '' : ' STRATEGY file_copy';
const sharedCopy = (of: string): string => `${of}_shared`;

async function makeCopy(name: string, of: string): Promise<void> {
  await administer(`CREATE DATABASE ${name} TEMPLATE ${of}${fileCopy}`);
  await administer(`GRANT CREATE, TEMP ON DATABASE ${name} TO agent, app_owner`);
}

async function run(database: string, sql: string): Promise<void> {
  const client = await connectTo(database);
  await client.query(sql).finally(() => client.end());
}

beforeAll(async () => {
  server = await startPostgres(['-c', 'wal_level=logical']);
  admin = await connectTo('postgres');
  await administer(read('roles.sql'));
  await administer(`CREATE DATABASE ${template}`);
  await run(template, read('schema.sql'));
  await administer(`CREATE DATABASE ${twin} TEMPLATE ${template}${fileCopy}`);
  await run(twin, read('twin.sql'));
  for (const of of [template, twin]) await makeCopy(sharedCopy(of), of);
  const open = (user: string, password: string): Promise<TestGate> =>
    startGate({
      database: template,
      anyDatabase: true,
      upstream: { host: server.host, port: server.port, user },
      password,
      policy: 'production',
      environment: 'production',
      maskRules,
      deadlineMs: 0,
    });
  gates = { agent: await open('agent', 'agent'), postgres: await open(server.user, server.password) };
});
afterAll(async () => {
  await Promise.all(Object.values(gates ?? {}).map((gate) => gate.stop()));
  await admin?.end();
  await server?.stop();
});

let copies = 0;

/** Cases that change nothing share a copy: what the gate lets through changes nothing, and if it did the test would fail. */
const changes = (one: MaskCase, more: readonly string[]): boolean =>
  more.length + (one.setup?.length ?? 0) + (one.teardown?.length ?? 0) > 0 ||
  [...(one.steps ?? []), ...(one.oracle?.a ?? []), ...(one.oracle?.b ?? [])].some(
    ({ admin: sql }) => sql !== undefined,
  );

/** Plays steps in a copy of a database; returns what came back, with the copy's name taken out. */
async function inCopy(of: string, one: MaskCase, steps: Steps, more: readonly string[] = []): Promise<Played> {
  const own = changes(one, more);
  if (own) copies += 1;
  const name = own ? `mask_case_${copies}` : sharedCopy(of);
  if (own) await makeCopy(name, of);
  const fill = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll('{{db}}', name).replaceAll('{{port}}', String(server.port)));
  const direct = await connectTo(name);
  try {
    for (const sql of fill([...(one.setup ?? []), ...more])) await direct.query(sql).catch(() => undefined);
    const addressOf = (role: string): RawAddress => {
      const superuser = role === 'superuser' || role === 'postgres';
      return { ...gates[superuser ? 'postgres' : 'agent'].address, database: name };
    };
    const heard = await play(fill(steps), addressOf(one.role ?? 'agent'), addressOf, (sql) => direct.query(sql));
    const wrote = one.verify === undefined ? false : await holds(direct, fill(one.verify));
    return { heard: heard.replaceAll(name, 'DB'), wrote };
  } finally {
    for (const sql of fill(one.teardown ?? [])) await direct.query(sql).catch(() => undefined);
    await direct.end();
    if (own) await administer(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

type Steps = ReturnType<typeof stepsOf>;
type Played = { readonly heard: string; readonly wrote: boolean };

/** Whether a write of the case happened; what cannot be looked at was not made. */
async function holds(direct: pg.Client, { sql, expect: expected }: NonNullable<MaskCase['verify']>): Promise<boolean> {
  const { rows } = await direct.query({ text: sql, rowMode: 'array' }).catch(() => ({ rows: [] }));
  const told = rows
    .map((row) =>
      (row as unknown[]).map((value) => (value === true ? 't' : value === false ? 'f' : String(value))).join('|'),
    )
    .join(';');
  return new RegExp(expected).test(told);
}

/** Why a case leaks; null when it does not. */
async function leakOf(one: MaskCase): Promise<string | null> {
  const { oracle } = one;
  const pair = (): Promise<[Played, Played]> =>
    oracle === undefined
      ? Promise.all([inCopy(template, one, stepsOf(one)), inCopy(twin, one, stepsOf(one))])
      : Promise.all([inCopy(template, one, oracle.a), inCopy(template, one, oracle.b, oracle.bsetup)]);
  const [first, second] = await pair();
  if (one.leaks === 'write' && first.wrote) return 'it wrote';
  if (oracle?.channel === 'timing' || first.heard === second.heard) return null;
  // What differs from run to run of one and the same database proves nothing.
  const again = await inCopy(template, one, oracle?.a ?? stepsOf(one));
  return again.heard === first.heard
    ? `${first.heard.slice(0, 300)}\n  -- other --\n${second.heard.slice(0, 300)}`
    : null;
}

test('no attack on masks tells two databases apart that differ in masked values only, and none writes unasked', {
  timeout: 400_000,
}, async () => {
  const waiting = cases.filter(
    (one) => one.control !== true && !NOT_HERE.test(JSON.stringify([one.setup, one.steps, one.sql, one.oracle])),
  );
  expect(waiting.length).toBeGreaterThan(380);
  const leaks: string[] = [];
  const work = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const leak = await leakOf(one);
      if (leak !== null) leaks.push(`${one.id}: ${leak}`);
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  expect(leaks).toEqual([]);
});
