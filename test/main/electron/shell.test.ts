import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answerDeskRequest } from '../../../src/main/electron/desk-protocol.ts';
import { confine, deskUrl } from '../../../src/main/electron/desk-window.ts';
import { electronPort } from '../../../src/main/electron/electron-port.ts';
import { forbiddenSwitch } from '../../../src/main/electron/forbidden-switches.ts';
import { startupFault } from '../../../src/main/electron/startup-fault.ts';
import { windowOptions } from '../../../src/main/electron/window-options.ts';
import fc from '../../support/property.ts';

test('the window has no Node, its own world and a sandbox', () => {
  expect(windowOptions('/preload.cjs', '/icon.png').webPreferences).toEqual({
    preload: '/preload.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
    allowRunningInsecureContent: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
  });
});

test('the preload gives the page two functions and nothing else', () => {
  const source = readFileSync('src/preload/index.ts', 'utf8');
  expect(source.match(/exposeInMainWorld\('(\w+)'/g)).toEqual(["exposeInMainWorld('postern'"]);
  expect(source.match(/^ {2}\w+(?=:)/gm)).toEqual(['  post', '  onMessage']);
});

test('preload and main process speak on one channel', () => {
  const channelOf = (file: string): string | undefined =>
    /const channel = '(\w+)'/.exec(readFileSync(file, 'utf8'))?.[1];
  expect(channelOf('src/preload/index.ts')).toBe(channelOf('src/main/electron/electron-port.ts'));
});

describe('a packaged Postern', () => {
  test.each([
    '--inspect',
    '--inspect=0',
    '-inspect-brk',
    '--remote-debugging-port=9222',
    '--remote-debugging-pipe',
    '--no-sandbox',
    '--disable-web-security',
  ])('does not start with %s', (arg) => {
    expect(forbiddenSwitch(['.', arg])).toBe(arg);
  });
  test('starts with anything else', () => {
    expect(forbiddenSwitch(['.', '--force-dark-mode', 'inspect', '--ozone-platform=wayland'])).toBeNull();
  });
});

describe('the desk’s protocol', () => {
  const page = new Map([['/', { type: 'text/html; charset=utf-8', body: Buffer.from('<p>desk</p>') }]]);

  test('serves the page, which may connect to nothing', async () => {
    const response = answerDeskRequest(page, { url: 'postern://desk/', method: 'GET' });
    expect([response.status, await response.text()]).toEqual([200, '<p>desk</p>']);
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'none'");
  });

  test.each(['postern://other/', 'postern://desk/..%2fpackage.json', 'postern://desk/x', 'file:///etc/passwd'])(
    'does not serve %s',
    (url) => {
      expect(answerDeskRequest(page, { url, method: 'GET' }).status).toBe(404);
    },
  );

  test('takes no method but GET', () => {
    expect(answerDeskRequest(page, { url: 'postern://desk/', method: 'POST' }).status).toBe(405);
  });
});

describe('the line to the page', () => {
  function setUp() {
    const ipc = new EventEmitter();
    const mainFrame = { url: 'postern://desk/#/approvals' };
    const sent: unknown[][] = [];
    const contents = Object.assign(new EventEmitter(), {
      id: 7,
      mainFrame,
      isDestroyed: (): boolean => false,
      send: (...args: unknown[]) => sent.push(args),
    });
    const heard: unknown[] = [];
    const port = electronPort(ipc as never, contents as never, 'postern://desk');
    port.onMessage((message) => heard.push(message));
    return { ipc, contents, mainFrame, sent, heard, port };
  }

  test('hears the main frame of its own window, showing the desk', () => {
    const { ipc, contents, mainFrame, heard } = setUp();
    ipc.emit('postern', { sender: contents, senderFrame: mainFrame }, '{"a":1}');
    expect(heard).toEqual([{ a: 1 }]);
  });

  test('is deaf to other windows, frames in the page, pages it was led to, and frames that are gone', () => {
    const { ipc, contents, mainFrame, heard } = setUp();
    ipc.emit('postern', { sender: { ...contents, id: 8 }, senderFrame: mainFrame }, '{}');
    ipc.emit('postern', { sender: contents, senderFrame: { url: mainFrame.url } }, '{}');
    ipc.emit('postern', { sender: contents, senderFrame: null }, '{}');
    for (const url of ['https://evil.example/', 'postern://desk.evil.example/', 'postern://other/', 'file:///x']) {
      mainFrame.url = url;
      ipc.emit('postern', { sender: contents, senderFrame: mainFrame }, '{}');
    }
    expect(heard).toEqual([]);
  });

  test('drops whatever is not JSON text', () => {
    const { ipc, contents, mainFrame, heard } = setUp();
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string()), (value) => {
        const isJson = typeof value === 'string' && parses(value);
        fc.pre(!isJson);
        ipc.emit('postern', { sender: contents, senderFrame: mainFrame }, value);
        expect(heard).toEqual([]);
      }),
    );
  });

  test('ends with its window: nothing is sent to it and nothing is heard any more', () => {
    const { ipc, contents, sent, port } = setUp();
    port.post({ a: 1 });
    expect(sent).toEqual([['postern', '{"a":1}']]);
    contents.isDestroyed = () => true;
    contents.emit('destroyed');
    port.post({ a: 2 });
    expect([sent.length, ipc.listenerCount('postern')]).toEqual([1, 0]);
  });
});

test('the page cannot leave: no navigation, no window, no webview, no permission but copying', () => {
  const session = new Map<string, (...args: never[]) => unknown>();
  let openHandler: (() => { action: string }) | undefined;
  const contents = Object.assign(new EventEmitter(), {
    setWindowOpenHandler: (handler: () => { action: string }) => {
      openHandler = handler;
    },
    session: {
      setPermissionRequestHandler: (handler: never) => session.set('request', handler),
      setPermissionCheckHandler: (handler: never) => session.set('check', handler),
      setDevicePermissionHandler: (handler: never) => session.set('device', handler),
    },
  });
  confine(contents as never);
  expect(openHandler?.()).toEqual({ action: 'deny' });
  for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate', 'will-attach-webview']) {
    let prevented = false;
    contents.emit(event, {
      preventDefault: () => {
        prevented = true;
      },
    });
    expect([event, prevented]).toEqual([event, true]);
  }
  const check = session.get('check') as unknown as (contents: null, permission: string) => boolean;
  const answers = [
    'clipboard-sanitized-write',
    'clipboard-read',
    'media',
    'geolocation',
    'notifications',
    'openExternal',
    'fullscreen',
    'hid',
  ].map((permission) => [permission, check(null, permission)]);
  expect(answers.filter(([, granted]) => granted === true)).toEqual([['clipboard-sanitized-write', true]]);
});

test('a request’s address in the desk cannot be broken out of', () => {
  expect([deskUrl(), deskUrl('a-1'), deskUrl('../x#y')]).toEqual([
    'postern://desk/',
    'postern://desk/#/approvals/a-1',
    'postern://desk/#/approvals/..%2Fx%23y',
  ]);
});

test('a fault at start says what happened, what to do, and its code', () => {
  const error = Object.assign(new Error('Port 6432 is in use.'), { code: 'port_in_use', hint: 'Choose another.' });
  expect(startupFault(error)).toEqual({
    title: 'Postern could not open the gate',
    text: 'Port 6432 is in use.\n\nChoose another.\n\n[port_in_use]',
  });
  expect(startupFault('odd').text).toBe('odd');
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
