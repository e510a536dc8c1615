import { readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startupPlaceLimit } from '../../../src/gateway/door/startup-places.ts';
import { gatewayLimit } from '../../../src/gateway/front-door.ts';
import { refusalLimit } from '../../../src/gateway/gate-journal/refusal-ledger.ts';
import { passwordMessage, sslRequest, startupMessage } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';

let database: TestDatabase;
let gate: TestGate;
const sockets: Socket[] = [];
/** Those that the gate has closed. */
const ended = new WeakSet<Socket>();
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gate.stop();
});
afterAll(() => database.drop());

const open = async (): Promise<void> => {
  gate = await startGate({ database: database.name, policy: 'observe' });
};
const startup = startupMessage([
  ['user', 'claude'],
  ['database', 'shop'],
]);
/** A client that sends this and then neither reads nor closes. */
async function knock(...bytes: Buffer[]): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: gate.port, allowHalfOpen: true });
  for (const event of ['error', 'end', 'close']) socket.on(event, () => ended.add(socket));
  sockets.push(socket);
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  if (bytes.length > 0) socket.write(Buffer.concat(bytes));
  socket.resume();
  return socket;
}
/** How long an honest client needs to log in and run something, in milliseconds. */
async function honest(): Promise<number> {
  const began = performance.now();
  const client = await gate.connect();
  await client.query('SELECT 1');
  const took = performance.now() - began;
  await client.end();
  return took;
}
const stillOpen = (): number => sockets.filter((socket) => !ended.has(socket)).length;
const refused = () => gateRecords(gate).flatMap((body) => (body.type === 'login_refused' ? [body] : []));

describe('500 clients at once', () => {
  test.each<[string, Buffer[]]>([
    ['that say nothing', []],
    ['that stop in their start-up', [startup.subarray(0, 12)]],
    ['that never give their password', [startup]],
    ['that never go on with TLS', [sslRequest()]],
    ['that send nonsense and do not close', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
    ['that give a wrong key', [startup, passwordMessage('wrong')]],
  ])('%s do not keep an honest one out', async (_, bytes) => {
    await open();
    await Promise.all(Array.from({ length: 500 }, () => knock(...bytes)));
    // Sooner than any of them is given up: it did not have to wait for their places.
    expect(await honest()).toBeLessThan(gatewayLimit.startupTimeoutMs);
    await until(() => (stillOpen() <= startupPlaceLimit ? true : null), 15_000);
  });
});

test('a flood is in the journal of the gate, and small there', async () => {
  await open();
  await Promise.all(Array.from({ length: 500 }, () => knock(startup)));
  await until(() => (stillOpen() <= startupPlaceLimit ? true : null), 15_000);
  await until(() => (refused().length === refusalLimit.eachPerAddress ? true : null), 15_000);
  await gate.connect(); // one more gives way; by then the others have been counted as well
  await gate.gateway.stop('the test looks at its journal');
  const each = refused();
  expect(each).toHaveLength(refusalLimit.eachPerAddress);
  expect(each[0]).toMatchObject({
    stage: 'start_up',
    clientAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    reason: 'it had not finished start-up when more than 100 clients were in it',
  });
  // Cut off as fast as they came, not all of them could be looked up.
  for (const { clientUid } of each) expect([process.getuid?.(), null]).toContain(clientUid);
  expect(gateRecords(gate).filter(({ type }) => type === 'refusals_counted')).toMatchObject([
    { clientAddress: '127.0.0.1', startUps: 401 - refusalLimit.eachPerAddress, logIns: 0 },
  ]);
  const folder = join(gate.journalFolder, 'gate');
  const [file = ''] = readdirSync(folder);
  expect(statSync(join(folder, file)).size).toBeLessThan(20_000);
});

test('10 s are all that a start-up gets, whatever it is slow at, and the record says so', async () => {
  await open();
  const began = performance.now();
  const silent = await knock();
  const slow = await knock();
  const drip = setInterval(() => slow.write(Buffer.from([startup[slow.bytesWritten] ?? 0])), 500);
  const tls = await knock(sslRequest());
  const direct = await knock(Buffer.from([0x16, 3, 1]));
  const password = await knock(startup, passwordMessage('x'.repeat(100)).subarray(0, 20));
  await Promise.all(
    [silent, slow, tls, direct, password].map((one) => until(() => (ended.has(one) ? true : null), 15_000)),
  );
  clearInterval(drip);
  expect(performance.now() - began).toBeGreaterThan(gatewayLimit.startupTimeoutMs - 500);
  expect(performance.now() - began).toBeLessThan(gatewayLimit.startupTimeoutMs + 3_000);
  await until(() => (refused().length === 5 ? true : null));
  const late = 'the client did not finish start-up in time';
  expect(
    refused()
      .map(({ user, reason }) => `${user}: ${reason}`)
      .sort(),
  ).toEqual([
    ...Array.from({ length: 2 }, () => ': the TLS handshake took too long'),
    ...Array.from({ length: 2 }, () => `: ${late}`),
    `claude: ${late}`,
  ]);
});
