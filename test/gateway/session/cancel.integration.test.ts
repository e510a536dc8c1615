import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import { cancelTimeoutMs } from '../../../src/gateway/upstream/cancel.ts';
import { frontend, startupCode } from '../../../src/gateway/wire/constants.ts';
import { cancelRequest, query, sslRequest, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { run } from './hold-shapes.ts';

/** Rounds of the race between a cancel and the next statement; the long run sets more. */
const races = Number(process.env.POSTERN_CANCEL_RACES ?? 150);
const one = ['T ?column?', 'D 1', 'C SELECT 1', 'Z I'];

let database: TestDatabase;
let gate: TestGate;
const stops: (() => Promise<void>)[] = [];
const anotherGate = async (options: Partial<TestGateOptions>): Promise<TestGate> => {
  const other = await startGate({ database: database.name, policy: 'observe', ...options });
  stops.push(other.stop);
  return other;
};
/** A gate whose cancels go through a wire of the test's own. */
const gateOverWire = async (): Promise<{ at: TestGate; wire: TcpProxy }> => {
  const wire = await startTcpProxy(inject('postgres'));
  const at = await anotherGate({ upstream: { host: wire.host, port: wire.port } });
  stops.push(wire.close);
  return { at, wire };
};
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE loaded (id int); CREATE TABLE person (name text);');
  gate = await startGate({ database: database.name, policy: 'observe' });
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await gate.stop();
  await database.drop();
});

const cancel = (client: RawClient, at = gate): Promise<void> => RawClient.cancel(at.address, client.key);
/** Resolves when the session's backend does what `state` says. */
const backend = (client: RawClient, waitEvent: string): Promise<true> =>
  until(async () => {
    const { rows } = await database.query('SELECT wait_event FROM pg_stat_activity WHERE pid = $1', [
      client.key.processId,
    ]);
    return rows[0]?.wait_event === waitEvent || null;
  });
const sleeping = (client: RawClient): Promise<true> => backend(client, 'PgSleep');
const expectInStep = async (client: RawClient): Promise<void> => {
  client.send(query('SELECT 1'));
  expect(told(await client.untilReady())).toEqual(one);
};

describe.concurrent('a CancelRequest', () => {
  test.each([
    ['3.0, with a key of 4 bytes', startupCode.protocol30, 4],
    ['3.2, with a key of 32 bytes', startupCode.protocol32, 32],
  ])('of protocol %s, ends the running statement and nothing else', async (_, protocol, length) => {
    const client = await RawClient.logIn(gate.address, {}, protocol);
    const other = await RawClient.logIn(gate.address, {}, protocol);
    expect(client.key.secretKey).toHaveLength(length);
    other.send(query('SELECT pg_sleep(0.5)'));
    client.send(query('SELECT pg_sleep(60)'));
    await sleeping(client);
    await cancel(client);
    expect(told(await client.untilReady())).toEqual(['T pg_sleep', 'E 57014', 'Z I']);
    expect(told(await other.untilReady())).toEqual(['T pg_sleep', 'D ', 'C SELECT 1', 'Z I']);
    await expectInStep(client);
  });

  test('has the process id of the upstream and a secret that the upstream does not know', async () => {
    const client = await RawClient.logIn(gate.address);
    const { rows } = await database.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [client.key.processId]);
    expect(rows).toHaveLength(1);
    client.send(query('SELECT pg_sleep(60)'));
    await sleeping(client);
    await RawClient.cancel(inject('postgres'), client.key);
    await sleeping(client);
    await cancel(client);
    expect(told(await client.untilReady())).toEqual(['T pg_sleep', 'E 57014', 'Z I']);
  });

  test('in a transaction fails it, so that COMMIT answers ROLLBACK', async () => {
    const client = await RawClient.logIn(gate.address);
    client.send(query('BEGIN'), ...run('SELECT pg_sleep(60)'), sync(), query('COMMIT'));
    expect(told(await client.untilReady())).toEqual(['C BEGIN', 'Z T']);
    await sleeping(client);
    await cancel(client);
    expect(told(await client.untilReady(2))).toEqual(['1', '2', 'E 57014', 'Z E', 'C ROLLBACK', 'Z I']);
  });

  test('is taken under TLS too', async () => {
    const client = await RawClient.logIn(gate.address);
    client.send(query('SELECT pg_sleep(60)'));
    await sleeping(client);
    const socket = connect({ host: gate.address.host, port: gate.address.port });
    socket.write(sslRequest());
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(answer.toString()).toBe('S');
    const secure = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] });
    secure.write(cancelRequest(client.key.processId, client.key.secretKey));
    expect(told(await client.untilReady())).toEqual(['T pg_sleep', 'E 57014', 'Z I']);
    secure.destroy();
  });

  test('hits what runs and not what is queued behind it', async () => {
    const client = await RawClient.logIn(gate.address);
    client.send(query('SELECT pg_sleep(60)'), query('SELECT 1'));
    await sleeping(client);
    await cancel(client);
    expect(told(await client.untilReady(2))).toEqual(['T pg_sleep', 'E 57014', 'Z I', ...one]);
  });

  test('to an idle session, or after its statement was done, does nothing', async () => {
    const client = await RawClient.logIn(gate.address);
    await cancel(client);
    await expectInStep(client);
    await cancel(client);
    await expectInStep(client);
  });

  test('during COPY FROM STDIN ends it at the next data, as on the server', async () => {
    const client = await RawClient.logIn(gate.address);
    client.send(query('COPY loaded FROM STDIN'));
    await client.untilKind('G');
    await cancel(client);
    client.send(new MessageBuilder(frontend.copyData).bytes(Buffer.from('1\n')).build());
    expect(told(await client.untilReady())).toEqual(['E 57014', 'Z I']);
    client.send(new MessageBuilder(frontend.copyDone).build());
    await expectInStep(client);
  });

  test('during COPY TO STDOUT ends it', async () => {
    const client = await RawClient.logIn(gate.address);
    client.send(query('COPY (SELECT pg_sleep(0.001) FROM generate_series(1, 100000)) TO STDOUT'));
    await client.untilKind('d');
    await cancel(client);
    const heard = told(await client.untilReady());
    expect(heard.filter((line) => line !== 'd')).toEqual(['E 57014', 'Z I']);
    await expectInStep(client);
  });

  test('during a look-up of the gate’s own leaves that alone and refuses the statement that waits for it', async () => {
    const masked = await anotherGate({
      maskRules: [{ id: 'r', schema: 'public', table: 'person', column: 'name', masker: { kind: 'full' } }],
    });
    const client = await RawClient.logIn(masked.address);
    client.send(query('CREATE TABLE fresh (id int)')); // what is known of the catalog is old now
    await client.untilReady();
    const locker = await RawClient.direct(database.name);
    locker.send(query('BEGIN; LOCK TABLE pg_catalog.pg_inherits'));
    await locker.untilReady();
    client.send(query('INSERT INTO fresh VALUES (1)'), query('SELECT count(*)::int FROM fresh'));
    await until(async () => {
      const { rows } = await database.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'postern' AND wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rows.length > 0 || null;
    });
    await cancel(client, masked);
    locker.send(query('ROLLBACK'));
    expect(told(await client.untilReady(2))).toEqual(['E 57014', 'Z I', 'T count', 'D 0', 'C SELECT 1', 'Z I']);
    locker.close();
  });

  test('for each of many sessions at once ends each of their statements', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.logIn(gate.address)));
    for (const client of clients) client.send(query('SELECT pg_sleep(60)'));
    await Promise.all(clients.map(sleeping));
    await Promise.all(clients.map((client) => cancel(client)));
    for (const client of clients) {
      expect(told(await client.untilReady())).toEqual(['T pg_sleep', 'E 57014', 'Z I']);
      client.close();
    }
  });

  test('many times at once for one statement ends that and not the next', async () => {
    const client = await RawClient.logIn(gate.address);
    client.send(query('SELECT pg_sleep(60)'), query('SELECT 1'));
    await sleeping(client);
    await Promise.all(Array.from({ length: 20 }, () => cancel(client)));
    expect(told(await client.untilReady(2))).toEqual(['T pg_sleep', 'E 57014', 'Z I', ...one]);
  });
});

test(`that races with the end of its statement never hits the next one (protocol.md, E9; ${races} tries)`, async () => {
  const client = await RawClient.logIn(gate.address);
  const fates = { cancelled: 0, done: 0, nextKilled: 0 };
  for (let round = 0; round < races; round += 1) {
    client.send(query('SELECT pg_sleep(0.003)'));
    // From well before the end of the statement to after it.
    await new Promise((resolve) => setTimeout(resolve, round % 6));
    const sender = await RawClient.open(gate.address);
    sender.send(cancelRequest(client.key.processId, client.key.secretKey));
    const first = told(await client.untilReady());
    client.send(query('SELECT pg_sleep(0.003)')); // at once: the cancel socket may still be open
    const next = told(await client.untilReady());
    if (first.includes('E 57014')) fates.cancelled += 1;
    else fates.done += 1;
    if (next.includes('E 57014')) fates.nextKilled += 1;
    await sender.rest();
    sender.close();
  }
  process.stdout.write(`cancel against the next statement: ${JSON.stringify(fates)}\n`);
  expect(fates.nextKilled).toBe(0);
}, 600_000);

const waiting = ({ key }: RawClient): string => `SELECT pg_advisory_lock_shared(${key.processId})`;
/** Has the session run a statement that lasts until the returned function is called. */
async function busy(client: RawClient): Promise<() => void> {
  const holder = await RawClient.direct(database.name);
  holder.send(query(`SELECT pg_advisory_lock(${client.key.processId})`));
  await holder.untilReady();
  client.send(query(waiting(client)));
  await backend(client, 'advisory');
  return () => holder.close();
}

describe.concurrent('while a cancel is on its way to the server', () => {
  test('nothing new is sent, and the client’s cancel connection stays open, until the server has closed', async () => {
    const { at, wire } = await gateOverWire();
    const client = await RawClient.logIn(at.address);
    wire.cancels = 'wait';
    const done = await busy(client);
    let closed = false;
    const cancelled = cancel(client, at).then(() => {
      closed = true;
    });
    await until(() => wire.waiting === 1 || null);
    done();
    expect(told(await client.untilReady())).toEqual(['T pg_advisory_lock_shared', 'D ', 'C SELECT 1', 'Z I']);
    client.send(query('SELECT 1'));
    // Long enough for a statement that was sent on to be answered.
    for (let turn = 0; turn < 5; turn += 1) await database.query('SELECT pg_sleep(0.01)');
    const { rows } = await database.query('SELECT query FROM pg_stat_activity WHERE pid = $1', [client.key.processId]);
    expect([closed, rows[0].query]).toEqual([false, waiting(client)]);
    expect(wire.release()).toBe(1);
    expect(told(await client.untilReady())).toEqual(one);
    await cancelled;
  });

  test('that never ends, it is given up after a while and the session goes on', async () => {
    const { at, wire } = await gateOverWire();
    const client = await RawClient.logIn(at.address);
    wire.cancels = 'wait';
    const done = await busy(client);
    const since = performance.now();
    await cancel(client, at);
    expect(performance.now() - since).toBeGreaterThan(cancelTimeoutMs * 0.9);
    done();
    expect(told(await client.untilReady())).toEqual(['T pg_advisory_lock_shared', 'D ', 'C SELECT 1', 'Z I']);
    await expectInStep(client);
    expect(at.logged.some((line) => line.startsWith('warn: cancel failed'))).toBe(true);
  });

  test('that cannot be delivered, the session goes on at once', async () => {
    const { at, wire } = await gateOverWire();
    const client = await RawClient.logIn(at.address);
    wire.cancels = 'reset';
    const done = await busy(client);
    await cancel(client, at);
    done();
    expect(told(await client.untilReady())).toEqual(['T pg_advisory_lock_shared', 'D ', 'C SELECT 1', 'Z I']);
    await expectInStep(client);
  });
});

test('a wrong key gets no answer and does nothing; they are slowed down and in the gate’s own journal, and a right one is heard', async () => {
  const at = await anotherGate({});
  const client = await RawClient.logIn(at.address, {}, startupCode.protocol32);
  client.send(query('SELECT pg_sleep(60)'));
  await sleeping(client);
  const { processId, secretKey } = client.key;
  const nearly = Buffer.from(secretKey);
  nearly.writeUInt8(nearly.readUInt8(31) ^ 1, 31);
  const wrong = [nearly, secretKey.subarray(0, 4), Buffer.alloc(32), Buffer.alloc(5), Buffer.alloc(256)];
  const since = performance.now();
  await Promise.all([...wrong, ...wrong].map((key) => RawClient.cancel(at.address, { processId, secretKey: key })));
  expect(performance.now() - since).toBeGreaterThan(900);
  await sleeping(client);
  await RawClient.cancel(at.address, client.key);
  expect(told(await client.untilReady())).toEqual(['T pg_sleep', 'E 57014', 'Z I']);
  const folder = join(at.journalFolder, 'gate');
  const refused = readdirSync(folder)
    .flatMap((name) => [...readJournal(join(folder, name))].map(({ body }) => body))
    .filter(({ type }) => type === 'cancel_refused');
  const record = {
    type: 'cancel_refused',
    clientAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    processId,
    unread: 0,
  };
  expect(refused).toEqual(Array(10).fill(record));
  expect(JSON.stringify(refused)).not.toContain(secretKey.toString('hex'));
});
