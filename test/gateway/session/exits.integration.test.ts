import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frontend } from '../../../src/gateway/wire/constants.ts';
import { decodeParameterStatus } from '../../../src/gateway/wire/decode-backend.ts';
import { query } from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
let open: TestGate;
let strict: TestGate;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int)');
  open = await startGate({ database: database.name, policy: 'observe' });
  strict = await startGate({ database: database.name });
});
afterAll(async () => {
  await open.stop();
  await strict.stop();
  await database.drop();
});

/** A fast-path call with text arguments. */
const call = (functionOid: number, ...values: string[]): Buffer => {
  const message = new MessageBuilder(frontend.functionCall).uint32(functionOid).int16(0).int16(values.length);
  for (const value of values) message.int32(value.length).bytes(Buffer.from(value));
  return message.int16(0).build();
};
const loCreate = 957;
const loCreateWithId = 715;

describe('without masks, under observe, as on the server', () => {
  test('a fast-path call gives its result, and an error of it leaves the session in step', async () => {
    const heard = async (client: RawClient): Promise<string[]> => {
      client.send(query('BEGIN'), call(loCreateWithId, '4711'), call(loCreateWithId, '4711'), query('ROLLBACK'));
      const lines = told(await client.untilReady(4));
      client.close();
      return lines;
    };
    const direct = await heard(await RawClient.direct(database.name));
    expect(direct).toEqual(['C BEGIN', 'Z T', 'V', 'Z T', 'E 23505', 'Z E', 'C ROLLBACK', 'Z I']);
    expect(await heard(await RawClient.logIn(open.address))).toEqual(direct);
  });

  test('a setting changed in a transaction is reported, and reported again when that rolls back', async () => {
    const heard = async (client: RawClient): Promise<string[]> => {
      client.send(query('BEGIN'), query("SET application_name = 'inside'"), query('ROLLBACK'));
      const frames = await client.untilReady(3);
      client.close();
      return frames
        .filter((frame) => frame[0] === 0x53)
        .map((frame) => Object.values(decodeParameterStatus(frame)).join('='));
    };
    const name = { application_name: 'outside' };
    const direct = await heard(await RawClient.direct(database.name, name));
    expect(direct).toEqual(['application_name=inside', 'application_name=outside']);
    expect(await heard(await RawClient.logIn(open.address, name))).toEqual(direct);
  });
});

describe('under a policy', () => {
  test('a fast-path call is refused in its place, behind a held statement too', async () => {
    const client = await RawClient.logIn(strict.address);
    client.send(query('BEGIN'), query('DELETE FROM item'), call(loCreate, '0'), query('COMMIT'));
    await client.untilKind('N');
    const [request] = strict.gateway.approvals.list().pending;
    if (request === undefined) throw new Error('nothing is held');
    const { id, digest } = request;
    strict.gateway.approvals.decide({ id, digest, action: 'approve', by: 'test', via: 'memory' });
    expect(told(await client.untilReady(3))).toEqual(['C DELETE 0', 'Z T', 'E 42501', 'Z E', 'C ROLLBACK', 'Z I']);
    client.close();
  });
});
