import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordBody } from '../../src/gateway/journal/records.ts';
import { decodeDataRow, decodeFields } from '../../src/gateway/wire/decode-backend.ts';
import * as frames from '../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import fc, { type Arbitrary } from '../support/property.ts';
import { RawClient } from '../support/raw-client.ts';
import { budget, report } from './budget.ts';
import { takeJournal, unended } from './journal-checks.ts';
import { type Line, line, restOf, type Script, send, shown } from './player.ts';

// A random operator before a real server. The model is what the client was told: a row of `side` is there exactly when the
// client saw it inserted in a transaction that it saw committed.

const limits = budget({ runs: 60, seconds: 5 });
let database: TestDatabase;
let asked: TestGate;
let unattended: TestGate;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE side (n int); CREATE TABLE item (id int PRIMARY KEY)');
  asked = await startGate({ database: database.name });
  unattended = await startGate({ database: database.name, deadlineMs: 0 });
});
afterAll(async () => {
  await asked.stop();
  await unattended.stop();
  await database.drop();
});

let written = 0;
const name = fc.constantFrom('', '', 'a', 'b');
/** Each INSERT has a number of its own; below, texts are made when the script is, so that shrinking keeps them apart. */
const statement: Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constant('insert').map(() => {
      written += 1;
      return `INSERT INTO side VALUES (${written}) RETURNING n`;
    }),
  },
  { weight: 2, arbitrary: fc.constant('SELECT 1 AS one') },
  { weight: 1, arbitrary: fc.constant('DROP TABLE item') }, // blocked, not asked about
  { weight: 1, arbitrary: fc.constant('SELECT 1/0 AS wrong') },
  { weight: 1, arbitrary: fc.constant('SELEC') },
  { weight: 2, arbitrary: fc.constant('BEGIN') },
  { weight: 2, arbitrary: fc.constant('COMMIT') },
  { weight: 1, arbitrary: fc.constant('ROLLBACK') },
);
const then = fc.constantFrom<Line['then']>('go on', 'go on', 'go on', 'turn', 'listen', 'deaf');
const anyLine: Arbitrary<Line> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(statement, name, then)
      .map(([text, a, t]) =>
        line(`run ${a} ${text}`, t, frames.parse(a, text), frames.bind('', a), frames.execute('')),
      ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(name, then).map(([a, t]) => line(`again ${a}`, t, frames.bind('', a), frames.execute(''))),
  },
  { weight: 5, arbitrary: then.map((t) => line('Sync', t, frames.sync())) },
  { weight: 1, arbitrary: then.map((t) => line('Flush', t, frames.flush())) },
  { weight: 1, arbitrary: name.map((a) => line(`Close ${a}`, 'go on', frames.close('S', a))) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(statement, then)
      .map(([text, t]) => line(`Sync, Query ${text}`, t, frames.sync(), frames.query(text))),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(
        statement.filter((text) => !/BEGIN|COMMIT|ROLLBACK/.test(text)),
        { minLength: 2, maxLength: 3 },
      )
      .map((texts) => line(`Sync, Query ${texts.join('; ')}`, 'go on', frames.sync(), frames.query(texts.join('; ')))),
  },
);

type Answer = 'approve' | 'deny' | 'cancel';
const plan = fc.record({
  lines: fc.array(anyLine, { minLength: 1, maxLength: 20 }),
  cutting: fc.constantFrom<Script['cutting']>('whole', 'messages', [7, 40, 3]),
  /** What becomes of the holds, in order, over and over. */
  answers: fc.array(fc.constantFrom<Answer>('approve', 'approve', 'deny', 'cancel'), { minLength: 1, maxLength: 5 }),
});

/** Rows that are there for good, by what the client was told alone. */
function committed(heard: readonly Buffer[]): number[] {
  const kept: number[] = [];
  let pending: number[] = [];
  for (const frame of heard) {
    const kind = String.fromCharCode(frame[0] ?? 0);
    if (kind === 'D') {
      const value = Number(decodeDataRow(frame)[0]?.toString());
      if (value > 1_000) pending.push(value);
    }
    const tag = kind === 'C' ? frame.toString('latin1', 5, frame.length - 1) : '';
    if (kind === 'E' || tag === 'ROLLBACK') pending = [];
    if (tag === 'COMMIT' || (kind === 'Z' && frame[5] === 0x49)) {
      kept.push(...pending);
      pending = [];
    }
  }
  return kept.sort((a, b) => a - b);
}

const outcomes = (records: readonly RecordBody[]): string[] =>
  records.flatMap((body) => (body.type === 'outcome' ? [body.outcome.status] : []));
const count = (values: readonly string[], wanted: string): number => values.filter((value) => value === wanted).length;

async function check(gate: TestGate, script: Script & { answers: readonly Answer[] }): Promise<void> {
  await database.query('TRUNCATE side');
  const client = await RawClient.logIn(gate.address);
  const heard = restOf(client);
  let holds = 0;
  const known = new Set<string>();
  const stop = gate.gateway.approvals.onChange((request) => {
    // A request that waits is told again when its locks change; it is answered once.
    if (request.state !== 'pending' || known.has(request.id)) return;
    known.add(request.id);
    const answer = script.answers[holds % script.answers.length] ?? 'deny';
    holds += 1;
    // Behind the events of this turn, as a person's answer would come.
    setImmediate(() => {
      if (answer === 'cancel') void RawClient.cancel(gate.address, client.key);
      else
        gate.gateway.approvals.decide({
          id: request.id,
          digest: request.digest,
          action: answer,
          by: 'op',
          via: 'test',
        });
    });
  });
  const closing = [
    line('Sync', 'go on', frames.sync()),
    line('ROLLBACK', 'go on', frames.query('ROLLBACK')),
    line('probe', 'go on', frames.query("SELECT 'still here' AS probe")),
    line('goodbye', 'go on', frames.terminate()),
  ];
  await send(client, { ...script, lines: [...script.lines, ...closing] });
  const answers = await heard.finally(() => {
    stop();
    client.close();
  });
  const records = await takeJournal(gate);
  const lines = shown(answers);
  // A Query is sent behind a Sync, so that it is never skipped.
  const sent = script.lines.reduce(
    (sum, { say }) => sum + (say === 'Sync' ? 1 : say.startsWith('Sync, Query') ? 2 : 0),
    3,
  );
  const statuses = outcomes(records);
  const errors = answers.filter((frame) => frame[0] === 0x45).map((frame) => decodeFields(frame));
  const ours = errors
    .filter((fields) => fields.D?.includes('not sent to the database') === true)
    .map(({ C }) => C ?? '');
  const seen = {
    ready: lines.filter((text) => text.startsWith('Z ')).length,
    probe: lines.some((text) => text.startsWith('D ') && text.endsWith('still here')),
    rows: (await database.query('SELECT n FROM side ORDER BY n')).rows.map((row: { n: number }) => row.n),
    refused: count(ours, '42501'),
    cancelled: count(ours, '57014'),
    unended: unended(records),
    item: (await database.query("SELECT to_regclass('item') IS NOT NULL AS there")).rows[0].there,
    afterErrors: answers.every(
      (frame, index) => frame[0] !== 0x45 || 'ZNS'.includes(String.fromCharCode(answers[index + 1]?.[0] ?? 0x5a)),
    ),
  };
  expect(seen).toEqual({
    ready: sent,
    probe: true,
    rows: committed(answers),
    refused: count(statuses, 'refused'),
    cancelled: count(statuses, 'cancelled'),
    unended: null,
    item: true,
    afterErrors: true,
  });
}

test('what the operator refuses never runs, what stands behind it is skipped, and the journal says the same as the client heard', async () => {
  const startedAt = performance.now();
  let runs = 0;
  written = 1_000;
  const path = process.env.POSTERN_FUZZ_PATH;
  await fc.assert(
    fc.asyncProperty(plan, fc.boolean(), async (script, attended) => {
      runs += 1;
      await check(attended ? asked : unattended, script);
    }),
    {
      ...(path === undefined ? {} : { path, endOnFailure: true }),
      numRuns: limits.runs,
      seed: limits.seed,
      interruptAfterTimeLimit: limits.timeLimit,
      markInterruptAsFailure: false,
    },
  );
  report('policy: random operator', runs, startedAt, limits);
}, 7_200_000);
