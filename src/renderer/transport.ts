import { connect, type Port } from '../contract/index.ts';
import { createDesk, type Desk, type DeskSwitch } from './desk.ts';

/** Close code of the console when the cookie is missing, wrong or has ended (application range, RFC 6455 7.4.2). */
export const noSessionCode = 4401;

/** Where the page keeps its half of the console's session. */
const pageHalf = 'postern.session';

/** Delay before attempt `n` (from 0) to reconnect, in milliseconds: 0.25 s, doubling, 5 s at most. */
export function reconnectDelay(attempt: number): number {
  return Math.min(5000, 250 * 2 ** Math.min(attempt, 10));
}

/** Takes the sign-in token out of a location hash: `#token=…`. Null when there is none. */
export function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token');
}

/** Starts the desk over whatever the host offers: the preload's bridge, else the headless console's WebSocket. */
export function startDesk(): Desk {
  const desk = createDesk();
  if (window.postern) {
    desk.opened(connect(bridgePort(window.postern)));
  } else {
    signIn().then(
      () => openSocket(desk, 0),
      () => openSocket(desk, 0), // the console did not answer at all: the socket says so, and keeps trying
    );
  }
  return desk;
}

function bridgePort(bridge: PosternBridge): Port {
  return {
    post: (message) => bridge.post(message),
    onMessage: (listener) => bridge.onMessage(listener),
    // The bridge lives as long as the window does; the main process reloads the window when it restarts the gate.
    onClose: () => () => undefined,
  };
}

/**
 * Exchanges the token of the sign-in link for a session and drops it from the address bar at once. Half of the session is a
 * cookie, the other half is kept here, where no other port of the machine gets it. A token that was used before answers 401; a
 * session from that first use may still be good, so the socket has the last word.
 */
async function signIn(): Promise<void> {
  const token = tokenOf(window.location.hash);
  if (token === null) return;
  window.history.replaceState(null, '', `${window.location.pathname}${window.location.search}`);
  const answer = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
    credentials: 'same-origin',
  });
  if (!answer.ok) return;
  const { page }: { page?: unknown } = await answer.json();
  if (typeof page === 'string') window.localStorage.setItem(pageHalf, page);
}

function openSocket(desk: DeskSwitch, attempt: number): void {
  const url = new URL('/rpc', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const half = window.localStorage.getItem(pageHalf);
  const socket = new WebSocket(url, half === null ? ['postern'] : ['postern', half]);
  const port = socketPort(socket);
  let opened = false;
  // Without a session the console accepts the upgrade and closes with 4401. Calls go out at once; they reject when that
  // close follows, and the desk then says how to sign in.
  socket.addEventListener('open', () => {
    opened = true;
    desk.opened(connect(port));
  });
  socket.addEventListener('close', (event) => {
    if (event.code === noSessionCode) return desk.closed('no_session');
    desk.closed('lost');
    const next = opened ? 0 : attempt + 1;
    window.setTimeout(() => openSocket(desk, next), reconnectDelay(next));
  });
}

/** A WebSocket as a port. Text frames that are not JSON are dropped; the rpc layer judges what is left. */
export function socketPort(socket: WebSocket): Port {
  return {
    post: (message) => socket.send(JSON.stringify(message)),
    onMessage(listener) {
      const hear = (event: MessageEvent): void => {
        const message = parseJson(event.data);
        if (message !== undefined) listener(message);
      };
      socket.addEventListener('message', hear);
      return () => socket.removeEventListener('message', hear);
    },
    onClose(listener) {
      const hear = (): void => listener();
      socket.addEventListener('close', hear, { once: true });
      return () => socket.removeEventListener('close', hear);
    },
  };
}

function parseJson(data: unknown): unknown {
  if (typeof data !== 'string') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
