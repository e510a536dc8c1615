import { afterAll, beforeAll, expect, test } from 'vitest';
import { frontend } from '../../src/gateway/wire/constants.ts';
import * as frames from '../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import fc, { type Arbitrary } from '../support/property.ts';
import { RawClient } from '../support/raw-client.ts';
import { budget, report } from './budget.ts';
import { restOf } from './player.ts';

// Texts that a server reads in two ways, by its settings: as one harmless SELECT, or as a DELETE. The gate lets no write
// through; the operator agrees to every change of a setting. Sent past the gate the same texts do delete.

const limits = budget({ runs: 60, seconds: 5 });
let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE victim (id int); INSERT INTO victim VALUES (1), (2)');
  gate = await startGate({ database: database.name, policy: 'read-only' });
  gate.gateway.approvals.onChange(({ id, digest, state, text }) => {
    if (state !== 'pending') return;
    const setting = /^(?:SET|RESET|SELECT set_config\('[a-z_]+', '\w+', \w+\)$)/.test(text) && !text.includes('victim');
    setImmediate(() => {
      gate.gateway.approvals.decide({ id, digest, action: setting ? 'approve' : 'deny', by: 'op', via: 'test' });
    });
  });
});
afterAll(async () => {
  await running; // the run that the time limit cut off
  await gate.stop();
  await database.drop();
});

const bytes = (...parts: (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
/** Letters of other encodings whose second byte is a backslash or a quote to who reads single bytes. */
const letter = fc.constantFrom<readonly number[]>(
  [0x83, 0x5c],
  [0xa1, 0x5c],
  [0x81, 0x5c],
  [0xa5, 0x5c],
  [0xc3, 0xa4],
  [0xe4],
  [0xef, 0xbb, 0xbf],
  [],
);
const prefix = fc.constantFrom('', '', 'E', 'e', 'N', 'U&', 'B');
const inside = fc.constantFrom('\\', "\\'", '\\\\', "''", "\\\\'", '\\0041', '');
const literal = fc.tuple(prefix, letter, inside, letter).map(([p, a, i, b]) => bytes(`${p}'`, a, i, b, `'`));
const text: Arbitrary<Buffer> = fc.oneof(
  literal.map((opening) => bytes('SELECT ', [...opening], ` || ' ; DELETE FROM victim; --'`)),
  literal.map((opening) =>
    bytes('WITH a AS (SELECT ', [...opening], `), b AS (DELETE FROM victim RETURNING *) SELECT 1 --') SELECT 1`),
  ),
  fc
    .tuple(literal, fc.constantFrom('$$', '$a$', '/*', '--', '"', '/* /* */'))
    .map(([opening, quote]) => bytes('SELECT ', [...opening], ` ${quote} ; DELETE FROM victim; ${quote} --\n`)),
  fc.constantFrom(
    bytes('SELECT 1 AS "', 'x'.repeat(70), '"; DELETE FROM victim'),
    bytes([0xef, 0xbb, 0xbf], 'DELETE FROM victim'),
    bytes(`SELECT ${'('.repeat(4000)}1${')'.repeat(4000)}; DELETE FROM victim`),
    bytes(`SELECT U&'\\+01F600' UESCAPE '!' ; DELETE FROM victim`),
    bytes(`DELETE FROM ${'victım'.toUpperCase().toLowerCase()}`),
  ),
);
const setting = fc.constantFrom(
  'SET standard_conforming_strings = off',
  'SET standard_conforming_strings = on',
  "SELECT set_config('standard_conforming_strings', 'off', false)",
  "SELECT set_config('standard_conforming_strings', 'on', true)",
  'RESET standard_conforming_strings',
  'SET backslash_quote = on',
  "SET client_encoding = 'SJIS'",
  "SET client_encoding = 'UTF8'",
  "SELECT set_config('client_encoding', 'GBK', false)",
  'BEGIN',
  'ROLLBACK',
);
const start = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  { options: '-c standard_conforming_strings=off' },
  { client_encoding: 'SJIS' },
  { client_encoding: 'BIG5' },
  { client_encoding: 'GBK' },
  { client_encoding: 'LATIN1' },
);
const query = (sql: Buffer): Buffer => new MessageBuilder(frontend.query).bytes(sql).int8(0).build();
const run = (sql: Buffer): Buffer[] => [
  new MessageBuilder(frontend.parse).cstring('').bytes(sql).int8(0).int16(0).build(),
  frames.bind('', ''),
  frames.execute(''),
];
/** A setting and what comes behind it: in one text, in one segment, behind a Flush, or each for itself. */
const way = fc.constantFrom('one text', 'one segment', 'a Flush between', 'pipelined', 'two Queries');
const step = fc.tuple(setting, text, way).map(([change, sql, how]) => {
  const first = Buffer.from(change);
  const sent = {
    'one text': [query(bytes(change, '; ', [...sql]))],
    'one segment': [...run(first), ...run(sql), frames.sync()],
    'a Flush between': [...run(first), frames.flush(), ...run(sql), frames.sync()],
    pipelined: [...run(first), frames.sync(), ...run(sql), frames.sync()],
    'two Queries': [query(first), query(sql)],
  }[how];
  const said = `${how}: ${change} / ${sql.toString('latin1')}`;
  return Object.defineProperty({ sent: Buffer.concat(sent) }, fc.toStringMethod, { value: () => said });
});

let running: Promise<unknown> = Promise.resolve();
const play = (client: RawClient, sent: readonly Buffer[]): Promise<number> => {
  const played = playOne(client, sent);
  running = played.catch(() => undefined);
  return played;
};
const playOne = async (client: RawClient, sent: readonly Buffer[]): Promise<number> => {
  const heard = restOf(client, 20_000);
  client.send(...sent, frames.sync(), query(Buffer.from('COMMIT')), frames.terminate());
  await heard.finally(() => client.close());
  const { rows } = await database.query('SELECT count(*)::int AS n FROM victim');
  if (rows[0].n !== 2) await database.query('TRUNCATE victim; INSERT INTO victim VALUES (1), (2)');
  return rows[0].n;
};

test('a text that deletes by one reading and selects by another never deletes through a gate that lets no write through', async () => {
  const startedAt = performance.now();
  let runs = 0;
  let deletedPastTheGate = 0;
  await fc.assert(
    fc.asyncProperty(start, fc.array(step, { minLength: 1, maxLength: 6 }), async (more, steps) => {
      runs += 1;
      const sent = steps.map((one) => one.sent);
      expect(await play(await RawClient.logIn(gate.address, more), sent)).toBe(2);
      if ((await play(await RawClient.direct(database.name, more), sent)) < 2) deletedPastTheGate += 1;
    }),
    {
      numRuns: limits.runs,
      seed: limits.seed,
      interruptAfterTimeLimit: limits.timeLimit,
      markInterruptAsFailure: false,
    },
  );
  expect(deletedPastTheGate).toBeGreaterThan(0);
  report('reading: two readings', runs, startedAt, limits, `${deletedPastTheGate} delete past the gate`);
}, 7_200_000);
