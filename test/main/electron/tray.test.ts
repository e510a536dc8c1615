import { describe, expect, test } from 'vitest';
import { agentAddress } from '../../../src/main/desk/addresses.ts';
import { createNotifier, holdNotification, type Toast } from '../../../src/main/electron/notifier.ts';
import { createDeskTray } from '../../../src/main/electron/tray.ts';
import { oneLine, type TrayAction, trayMenu, trayTitle } from '../../../src/main/electron/tray-menu.ts';
import { aConnection, aRequest } from '../support/fakes.ts';

const listener = { host: '127.0.0.1', port: 6432, certificateFile: '/data/postern-ca.crt' };
const quiet = { pending: [], addresses: [], problems: [] };

describe('the tray’s menu', () => {
  test('leads to the desk and out, and says that nothing waits', () => {
    expect(trayMenu(quiet)).toEqual([
      { kind: 'action', label: 'Open Postern', action: { do: 'open' } },
      { kind: 'separator' },
      { kind: 'words', label: 'nothing waits' },
      { kind: 'separator' },
      { kind: 'action', label: 'Quit Postern (agents are cut off)', action: { do: 'quit' } },
    ]);
  });

  test('lists what waits; choosing one opens it', () => {
    const items = trayMenu({ ...quiet, pending: [aRequest()] });
    expect(items.slice(2, 4)).toEqual([
      { kind: 'words', label: '1 statement waits' },
      {
        kind: 'action',
        label: 'claude on orders: UPDATE orders SET status = $1 WHERE id = $2',
        action: { do: 'open_request', id: 'request-1' },
      },
    ]);
  });

  test('can do nothing that decides, whatever the state', () => {
    const state = {
      pending: Array.from({ length: 9 }, (_, index) => aRequest({ id: `r${index}` })),
      addresses: [agentAddress(aConnection(), 'a', listener, 'k')],
      problems: [{ message: 'p' }],
    };
    const deeds = trayMenu(state).flatMap((item) => (item.kind === 'action' ? [item.action.do] : []));
    expect(deeds).toEqual(['open', ...Array.from({ length: 5 }, () => 'open_request'), 'copy', 'quit']);
    expect(trayTitle(state)).toBe('Postern: 9 statements wait · needs attention');
  });

  test('offers only addresses that work as they are', () => {
    const addresses = [
      agentAddress(aConnection(), 'a', listener, null),
      agentAddress(aConnection({ name: 'demo' }), 'a', listener, 'k'),
    ];
    const copies = trayMenu({ ...quiet, addresses }).filter(
      (item) => item.kind === 'action' && item.action.do === 'copy',
    );
    expect(copies).toEqual([
      {
        kind: 'action',
        label: 'Copy address of demo',
        action: {
          do: 'copy',
          text: 'postgresql://a:k@127.0.0.1:6432/demo?sslmode=verify-full&sslrootcert=/data/postern-ca.crt',
        },
      },
    ]);
  });

  test('a statement cannot shape it: no lines, no direction marks, no mnemonics, no length', () => {
    expect(oneLine('DROP\n\tTABLE\u202e x & y')).toBe('DROP TABLE x && y');
    expect([...oneLine('x'.repeat(500))]).toHaveLength(60);
  });
});

test('the tray is drawn whole from each state, and its clicks go one way', () => {
  const drawn: unknown[] = [];
  const acted: TrayAction[] = [];
  let click: () => void = () => undefined;
  const tray = createDeskTray({
    createTray: () =>
      ({
        setContextMenu: (menu: unknown) => drawn.push(menu),
        setToolTip: (text: string) => drawn.push(text),
        setTitle: (text: string) => drawn.push(text),
        on: (_event: string, listen: () => void) => {
          click = listen;
        },
        destroy: () => drawn.push('destroyed'),
      }) as never,
    buildMenu: (template) => template.map(({ label, type }) => label ?? type) as never,
    act: (action) => acted.push(action),
    platform: 'darwin',
  });
  tray.show({ ...quiet, pending: [aRequest()] });
  click();
  tray.destroy();
  expect(drawn).toEqual([
    'Postern: 1 statement waits',
    '1',
    [
      'Open Postern',
      'separator',
      '1 statement waits',
      'claude on orders: UPDATE orders SET status = $1 WHERE id = $2',
      'separator',
      'Quit Postern (agents are cut off)',
    ],
    'destroyed',
  ]);
  expect(acted).toEqual([{ do: 'open' }]);
});

describe('notifications', () => {
  function setUp(supported = true) {
    const toasts: { title: string | undefined; closed: boolean; click: () => void; putAway: () => void }[] = [];
    const opened: string[] = [];
    const notifier = createNotifier({
      supported: () => supported,
      create: ({ title }) => {
        const toast: (typeof toasts)[number] = {
          title,
          closed: false,
          click: () => undefined,
          putAway: () => undefined,
        };
        toasts.push(toast);
        const made: Toast = {
          on: (event, listen) => {
            if (event === 'click') toast.click = listen;
            else toast.putAway = listen;
          },
          show: () => undefined,
          close: () => {
            toast.closed = true;
          },
        };
        return made;
      },
      openRequest: (id) => opened.push(id),
    });
    return { notifier, toasts, opened };
  }

  test('a hold is announced once; its click opens the request and decides nothing', () => {
    const { notifier, toasts, opened } = setUp();
    expect([notifier.changed(aRequest()), notifier.changed(aRequest())]).toEqual(['shown', 'not_shown: already_shown']);
    toasts[0]?.click();
    expect([toasts.map(({ title }) => title), opened]).toEqual([
      ['claude waits for you on orders (production)'],
      ['request-1'],
    ]);
  });

  test('a toast that was put away does not come back when something changes while the request waits', () => {
    const { notifier, toasts } = setUp();
    notifier.changed(aRequest());
    toasts[0]?.putAway();
    expect(notifier.changed(aRequest())).toBe('not_shown: already_shown');
    expect(toasts.length).toBe(1);
  });

  test('the toast goes when the hold ends, however it ends', () => {
    const { notifier, toasts } = setUp();
    notifier.changed(aRequest());
    expect(notifier.changed(aRequest({ state: 'withdrawn' }))).toBe('not_shown: not_pending');
    expect(toasts.map(({ closed }) => closed)).toEqual([true]);
  });

  test('where the system has none, that is said, and nothing is thrown', () => {
    expect(setUp(false).notifier.changed(aRequest())).toBe('not_shown: unsupported');
    const failing = createNotifier({
      supported: () => true,
      create: () => {
        throw new Error('no bus');
      },
      openRequest: () => undefined,
    });
    expect(failing.changed(aRequest())).toBe('not_shown: failed');
  });

  test('it has no buttons and no bound values', () => {
    const { actions, body } = holdNotification(
      aRequest({ parameters: [{ text: 'secret-value', format: 'text', truncated: false }] }),
    );
    expect([actions, body]).toEqual([[], 'Changes to single rows\nUPDATE orders SET status = $1 WHERE id = $2']);
  });
});
