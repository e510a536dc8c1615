import { afterAll, beforeAll, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startGate, type TestGate } from '../support/gate.ts';
import fc from '../support/property.ts';
import { RawClient } from '../support/raw-client.ts';
import { budget, report } from './budget.ts';
import { judgedOtherwise, misnamed, takeJournal, unended } from './journal-checks.ts';
import { difference, restOf, type Script, send, shown } from './player.ts';
import { epilogue, preparedNames, reset, schema, scripts } from './scripts.ts';

const limits = budget({ runs: 120, seconds: 8 });
/** `POSTERN_FUZZ_PATH` of a finding runs that script alone. */
const path = process.env.POSTERN_FUZZ_PATH;
const replay = path === undefined ? {} : { path, endOnFailure: true };
let plain: TestDatabase;
let gated: TestDatabase;
let open: TestGate;
beforeAll(async () => {
  plain = await createDatabase(schema);
  gated = await createDatabase(schema);
  open = await startGate({ database: gated.name, policy: 'observe' });
});
afterAll(async () => {
  await open.stop();
  await plain.drop();
  await gated.drop();
});

const heardBy = async (client: RawClient, script: Script): Promise<Buffer[]> => {
  const heard = restOf(client);
  await send(client, { ...script, lines: [...script.lines, ...epilogue] });
  return heard.finally(() => client.close());
};

test('any script of messages is answered through the gate as by the server, and what ran is what was judged', async () => {
  const startedAt = performance.now();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      runs += 1;
      await Promise.all([plain.query(reset), gated.query(reset)]);
      const [direct, through] = await Promise.all([RawClient.direct(plain.name), RawClient.logIn(open.address)]);
      const [expected, got] = await Promise.all([heardBy(direct, script), heardBy(through, script)]);
      const records = await takeJournal(open);
      const wrong =
        difference(shown(expected), shown(got)) ??
        judgedOtherwise(records) ??
        unended(records) ??
        misnamed(records, preparedNames(got));
      if (wrong !== null) throw new Error(wrong);
    }),
    {
      ...replay,
      numRuns: limits.runs,
      seed: limits.seed,
      interruptAfterTimeLimit: limits.timeLimit,
      markInterruptAsFailure: false,
    },
  );
  report('sessions: observe', runs, startedAt, limits);
}, 7_200_000);
