import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DeskError } from '../../../src/contract/index.ts';
import type { SignInRecord } from '../../../src/gateway/types.ts';
import { askLimit, createAskLimit } from '../../../src/main/sign-in/ask-limit.ts';
import { handOut } from '../../../src/main/sign-in/hand-out.ts';
import { runErrand } from '../../../src/main/sign-in/run-errand.ts';
import type { SignIns } from '../../../src/main/sign-in/sign-ins.ts';
import { mostClients, openTokenDoor } from '../../../src/main/sign-in/token-door.ts';
import { tokenSocket } from '../../../src/main/sign-in/token-door-protocol.ts';
import { TokenRequests } from '../../../src/main/sign-in/token-requests.ts';
import { providerOf } from '../../gateway/identity/tokens.ts';

let folder: string;
let door: { close(): Promise<void> } | null;
let requests: TokenRequests;
let records: SignInRecord[];
let signedIn: { subject: string; agent: string; groups: string[]; connections: string[] } | null;
let fail: Error | null;
let time: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-door-'));
  records = [];
  fail = null;
  signedIn = { subject: 'acme:ada', agent: 'acme:postern', groups: [], connections: ['shop', 'billing'] };
  let made = 0;
  time = 0;
  const asking = createAskLimit(() => time);
  requests = new TokenRequests({
    now: () => 1000,
    newId: () => `request-${++made}`,
    random: () => Buffer.from([0, 1, 2, 31]),
  });
  const signIns = {
    who: () => signedIn,
    accessToken: async () => {
      if (fail !== null) throw fail;
      return 'the-token';
    },
  } as unknown as SignIns;
  const providers = [providerOf({ client: { clientId: 'postern' } })];
  door = await openTokenDoor({
    path: join(folder, 'token.sock'),
    serve: (errand, signal, asked) =>
      handOut(errand, signal, asked, {
        providers: () => providers,
        signIns,
        requests,
        asking,
        operator: 'operator',
        record: (record) => void records.push(record),
      }),
  });
});
afterEach(async () => {
  requests.stop();
  await door?.close();
  await rm(folder, { recursive: true });
});

const path = () => join(folder, 'token.sock');
const codes: string[] = [];
const ask = (signal = AbortSignal.timeout(5000), errand: { connection: string } = { connection: 'shop' }) =>
  runErrand(path(), errand, signal, (code) => void codes.push(code));
/** Resolves when this many programs wait. */
const waiting = (count: number) =>
  new Promise<void>((resolve) => {
    const look = (): void => {
      if (requests.list().length !== count) return;
      stop();
      resolve();
    };
    const stop = requests.onChange(look);
    look();
  });
const facts = { provider: 'acme', subject: 'acme:ada', connection: 'shop' };

describe('a program that asks for a token', () => {
  test('gets it once the operator gives it, who sees its code and what else it opens; it is on record', async () => {
    const asked = ask();
    await waiting(1);
    expect(requests.list()).toEqual([
      {
        ...{ id: 'request-1', code: 'ABC9', connection: 'shop', provider: 'acme', subject: 'acme:ada' },
        otherConnections: ['billing'],
        askedAt: 1000,
        deadlineAt: 121_000,
      },
    ]);
    expect(records).toEqual([]);
    requests.answer('request-1', true);
    expect(await asked).toBe('the-token');
    expect(codes.at(-1)).toBe('ABC9');
    expect(records).toEqual([{ event: 'token_given', ...facts, by: 'operator', reason: null }]);
  });

  test('gets none when the operator refuses', async () => {
    const asked = ask();
    await waiting(1);
    requests.answer('request-1', false);
    await expect(asked).rejects.toMatchObject({
      code: 'token_refused',
      message: 'No token for shop: the operator refused.',
    });
    expect(records).toEqual([{ event: 'token_refused', ...facts, by: 'operator', reason: 'the operator refused' }]);
  });

  test('that goes away is asked about no longer', async () => {
    const leave = new AbortController();
    const asked = ask(leave.signal);
    await waiting(1);
    leave.abort(new Error('ended by SIGINT'));
    await expect(asked).rejects.toThrow('ended by SIGINT');
    await waiting(0);
    expect(requests.answer('request-1', true)).toBe(false);
    await vi.waitFor(() => expect(records).toHaveLength(1));
    expect(records).toEqual([{ event: 'token_refused', ...facts, by: null, reason: 'it was withdrawn' }]);
  });

  test('again and again is turned away unseen and recorded once, until the minute is over', async () => {
    const leave = new AbortController();
    for (let asked = 0; asked < askLimit.each; asked += 1) {
      const asking = ask();
      await waiting(1);
      for (const { id } of requests.list()) requests.answer(id, false);
      await expect(asking).rejects.toMatchObject({ code: 'token_refused' });
    }
    for (let more = 0; more < 3; more += 1) {
      await expect(ask()).rejects.toMatchObject({
        code: 'token_refused',
        message: 'No token for shop: programs ask for tokens too often.',
      });
    }
    expect(requests.list()).toEqual([]);
    expect(records.slice(askLimit.each)).toEqual([
      {
        ...{ event: 'token_refused', ...facts, by: null },
        reason: 'programs ask for tokens too often; more of them within the minute are not recorded',
      },
    ]);
    time += askLimit.windowMs;
    const asked = ask(leave.signal);
    await waiting(1);
    leave.abort(new Error('done'));
    await expect(asked).rejects.toThrow('done');
  });

  test('and never closes its side loses its place when it was answered', async () => {
    signedIn = null;
    const idle = await Promise.all(
      Array.from({ length: mostClients }, async () => {
        const socket = connect({ path: path(), allowHalfOpen: true });
        socket.write('{"connection":"shop"}\n');
        await new Promise((resolve) => socket.resume().once('end', resolve));
        return socket;
      }),
    );
    await expect(ask()).rejects.toMatchObject({ code: 'not_signed_in' });
    for (const socket of idle) socket.destroy();
  });

  test('gets none when somebody else signed in while the operator looked', async () => {
    const asked = ask();
    await waiting(1);
    signedIn = { subject: 'acme:bob', agent: 'acme:postern', groups: [], connections: ['shop'] };
    requests.answer('request-1', true);
    await expect(asked).rejects.toMatchObject({ code: 'token_refused', message: 'Somebody else signed in meanwhile.' });
  });

  test('hears why the provider gave none', async () => {
    fail = new DeskError('sign_in_failed', 'acme gave no token: invalid_target', 'Look there.');
    const asked = ask();
    await waiting(1);
    requests.answer('request-1', true);
    await expect(asked).rejects.toMatchObject({ code: 'sign_in_failed', hint: 'Look there.' });
    expect(records).toEqual([]);
  });

  test('asks nobody when nobody is signed in', async () => {
    signedIn = null;
    await expect(ask()).rejects.toMatchObject({ code: 'not_signed_in' });
    expect(requests.list()).toEqual([]);
  });

  test('is one of five at most', async () => {
    const five = Array.from({ length: 5 }, () => ask());
    await waiting(5);
    await expect(ask()).rejects.toMatchObject({
      message: 'No token for shop: too many programs wait for a token already.',
    });
    requests.stop();
    await Promise.allSettled(five);
  });
});

test('the door is for this user alone, and takes nothing but an errand', async () => {
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  const said = (line: string) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(path(), () => socket.write(line));
      socket.setEncoding('utf8').on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('end', () => resolve(text)).on('error', reject);
    });
  for (const line of [
    'GET / HTTP/1.1\n',
    '{"connection":"../shop"}\n',
    '{"connection":"shop","refreshToken":true}\n',
  ]) {
    expect(JSON.parse(await said(line))).toMatchObject({ type: 'error', code: 'token_errand' });
  }
  expect(requests.list()).toEqual([]);
});

test('where no Postern runs, there is nobody to ask', async () => {
  await door?.close();
  door = null;
  expect(await ask()).toBeNull();
});

test('a Postern that is closed meanwhile says so', async () => {
  const asked = ask();
  asked.catch(() => undefined);
  await waiting(1);
  await door?.close();
  door = null;
  await expect(asked).rejects.toMatchObject({ code: 'token_errand' });
});

test('a request that nobody answers within two minutes is over', async () => {
  vi.useFakeTimers();
  try {
    const asked = { connection: 'shop', provider: 'acme', subject: 'acme:ada', otherConnections: [] };
    const answer = requests.ask(asked, new AbortController().signal, () => undefined);
    vi.advanceTimersByTime(119_999);
    expect(requests.list()).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect([await answer, requests.list()]).toEqual(['expired', []]);
  } finally {
    vi.useRealTimers();
  }
});

test('on Windows there is no such door', () => {
  expect([tokenSocket('/data', 'linux'), tokenSocket('C:\\data', 'win32')]).toEqual(['/data/token.sock', null]);
});
