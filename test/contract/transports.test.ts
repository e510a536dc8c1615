import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type Client, connect, DeskError, memoryPorts, type Port } from '../../src/contract/index.ts';
import { createDesk, type Desk } from '../../src/main/desk/desk.ts';
import { electronPort } from '../../src/main/electron/electron-port.ts';
import { webSocketPort } from '../../src/main/headless/ws-port.ts';
import { consoleFor } from '../main/support/console.ts';
import { aRequest, deskPorts, type FakeGateway, fakeGateway } from '../main/support/fakes.ts';
import { consoleSocket } from '../support/console-session.ts';

interface Joined {
  readonly client: Client;
  /** Breaks the connection from the desk's side. */
  readonly cut: () => void;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function overMemory(desk: Desk): Promise<Joined> {
  const [one, other] = memoryPorts();
  desk.attach(one);
  return Promise.resolve({ client: connect(other), cut: () => one.close() });
}

/** Both ends of Electron's IPC as plain emitters: the main process's and the preload's. */
function overElectron(desk: Desk): Promise<Joined> {
  const ipcMain = new EventEmitter();
  const toPage = new EventEmitter();
  const frame = { url: 'postern://desk/' };
  const contents = Object.assign(new EventEmitter(), {
    id: 7,
    mainFrame: frame,
    isDestroyed: () => false,
    send: (channel: string, text: string) => toPage.emit(channel, text),
  });
  desk.attach(electronPort(ipcMain as never, contents as never, 'postern://desk'));
  const page: Port = {
    post: (message) => ipcMain.emit('postern', { sender: contents, senderFrame: frame }, JSON.stringify(message)),
    onMessage: (listener) => {
      const receive = (text: string): void => listener(JSON.parse(text));
      toPage.on('postern', receive);
      return () => toPage.off('postern', receive);
    },
    onClose: (listener) => {
      contents.once('destroyed', listener);
      return () => contents.off('destroyed', listener);
    },
  };
  return Promise.resolve({ client: connect(page), cut: () => contents.emit('destroyed') });
}

async function overWebSocket(desk: Desk): Promise<Joined> {
  const served = await consoleFor({ attach: (port) => desk.attach(port) });
  cleanups.push(() => served.stop());
  const socket = await consoleSocket(served.signInLink());
  return { client: connect(webSocketPort(socket)), cut: () => void served.stop() };
}

const transports = [
  { name: 'memory', join: overMemory },
  { name: 'Electron IPC', join: overElectron },
  { name: 'WebSocket', join: overWebSocket },
];

describe.each(transports)('the contract over $name', ({ join }) => {
  async function joined(): Promise<Joined & { gateway: FakeGateway }> {
    const gateway = fakeGateway();
    gateway.requests.push(aRequest());
    const desk = createDesk(deskPorts({ gateway }));
    return { ...(await join(desk)), gateway };
  }

  test('a call returns what the desk answers', async () => {
    const { client } = await joined();
    expect(await client.call('approvals.list', {})).toEqual({
      pending: [aRequest()],
      retries: [],
      sequences: [],
      decided: [],
    });
  });

  test('a desk error crosses whole, with code, message and hint', async () => {
    const { client } = await joined();
    const error = await client.call('sessions.terminate', { sessionId: 'gone' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeskError);
    expect(error).toMatchObject({
      code: 'session_not_live',
      message: 'This session has already ended.',
      hint: 'Its journal is kept: see Sessions.',
    });
  });

  test('input that does not fit the table is refused before any handler sees it', async () => {
    const { client, gateway } = await joined();
    const bad = { id: 'request-1', digest: 'd1', action: 'wave-through' } as never;
    await expect(client.call('approvals.decide', bad)).rejects.toMatchObject({ code: 'invalid_input' });
    expect(gateway.decisions).toEqual([]);
  });

  test('names that are no calls are refused, inherited ones too', async () => {
    const { client } = await joined();
    await expect(client.call('constructor' as never, {} as never)).rejects.toMatchObject({ code: 'unknown_call' });
  });

  test('an event of the gate arrives, after the answers that were sent before it', async () => {
    const { client, gateway } = await joined();
    const heard = new Promise((resolve) => client.on('approval.changed', resolve));
    await client.call('desk.overview', {});
    gateway.emit('approval.changed', aRequest({ state: 'withdrawn' }));
    expect(await heard).toEqual(aRequest({ state: 'withdrawn' }));
  });

  test('a thousand calls at once are each answered with their own answer', async () => {
    const { client } = await joined();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        client.call('sessions.get', { sessionId: `s-${index}` }).catch((error: DeskError) => error.code),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['session_not_found']));
  });

  test('calls that are open when the connection breaks reject', async () => {
    const { client, cut } = await joined();
    const first = await client.call('desk.overview', {});
    expect(first.version).toBe('1.2.3');
    const closed = new Promise<string>((resolve) => {
      const ask = (): void => {
        client.call('desk.overview', {}).then(ask, (error: DeskError) => resolve(error.code));
      };
      ask();
    });
    cut();
    expect(await closed).toBe('disconnected');
  });
});
