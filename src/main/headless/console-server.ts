import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Port } from '../../contract/index.ts';
import { type Page, pageHeaders } from '../desk/page.ts';
import { cookieValue, keepAlive, listen, pageHalf, readBody, refuseUpgrade, tokenIn } from './http-tools.ts';
import { createSignIn, type SignInPorts, sessionLifetime } from './sign-in.ts';
import { webSocketPort } from './ws-port.ts';

/** Longest message a console may send, in bytes: a statement to explain is the longest (100,000 characters). */
const messageLimit = 1024 * 1024;

/** Close code (RFC 6455, 7.4.2: private use) that tells the page that it has no session. Nothing was served to it. */
export const noSessionCode = 4401;

export interface ConsoleOptions extends SignInPorts {
  /** A loopback address. */
  readonly host: '127.0.0.1' | '::1';
  /** 0 takes any free port. */
  readonly port: number;
  readonly page: Page;
  /** Called with each console that has signed in. */
  readonly attach: (port: Port) => void;
  readonly log: (level: 'info' | 'warn', message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** The desk in a browser. */
export interface Console {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** A fresh link that signs one browser in, once. The token is in the fragment, which browsers do not send anywhere. */
  signInLink(): string;
  stop(): Promise<void>;
}

/**
 * Serves the desk on loopback. Every request must name exactly this host and port (against DNS rebinding); only
 * `POST /session` with the token, and then `GET /rpc` with both halves of its session and our own Origin, lead further than static files.
 * Rejects with DeskError `console_port_in_use` or `console_listen_failed`.
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const signIn = createSignIn(options);
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 });
  const port = await listen(server, options.host, options.port);
  const authority = `${options.host === '::1' ? '[::1]' : options.host}:${port}`;
  const origin = `http://${authority}`;
  // Cookies know no ports: two consoles on one machine must not overwrite each other's.
  const cookie = `postern-${port}`;
  const headers = pageHeaders(["'self'", `ws://${authority}`]);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageLimit, perMessageDeflate: false });

  const ours = (request: IncomingMessage): boolean => request.headers.host === authority;
  const sameOrigin = (request: IncomingMessage): boolean => request.headers.origin === origin;

  server.on('request', (request, response) => {
    const answer = (status: number, body: string | Buffer = '', extra: Record<string, string> = {}): void => {
      response.writeHead(status, { ...headers, ...extra });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (!ours(request)) return refuse(request, answer, 421, 'This is not the address of a Postern console.');
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/session') {
      if (request.method !== 'POST') return answer(405, '', { Allow: 'POST' });
      if (!sameOrigin(request)) return refuse(request, answer, 403, 'Only the console itself signs in here.');
      void takeToken(request, response, answer);
      return;
    }
    const file = options.page.get(path);
    if (file === undefined) return answer(404, 'There is nothing here.', plain);
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, '', { Allow: 'GET, HEAD' });
    answer(200, file.body, { 'Content-Type': file.type, 'Content-Length': String(file.body.length) });
  });

  const takeToken = async (request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> => {
    const body = await readBody(request);
    if (body === null) {
      response.setHeader('Connection', 'close');
      return answer(413, 'Too long.', plain);
    }
    const token = tokenIn(body);
    if (token === null) return answer(400, 'A JSON object with the token is expected.', plain);
    const result = signIn.exchange(token);
    if (!result.ok) {
      options.log('warn', 'a console sign-in was refused', { reason: result.reason });
      return result.reason === 'too_many'
        ? answer(429, 'Too many wrong tokens. Wait a minute.', { ...plain, 'Retry-After': '60' })
        : answer(401, 'This link was used already or is too old. Press Enter in the terminal for a fresh one.', plain);
    }
    options.log('info', 'a console signed in');
    const lifetime = sessionLifetime / 1000;
    answer(200, JSON.stringify({ page: result.page }), {
      'Content-Type': 'application/json',
      'Set-Cookie': `${cookie}=${result.session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${lifetime}`,
    });
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const session = cookieValue(request.headers.cookie, cookie);
    if (!ours(request)) return refuseUpgrade(socket, 421, 'Misdirected Request');
    if (request.url !== '/rpc') return refuseUpgrade(socket, 404, 'Not Found');
    if (!sameOrigin(request)) return refuseUpgrade(socket, 403, 'Forbidden');
    const signedIn = session !== null && signIn.holds(session, pageHalf(request.headers['sec-websocket-protocol']));
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // A broken frame or connection closes it, and closing is what the port reports.
      webSocket.on('error', (error) => options.log('warn', 'a console connection failed', { reason: error.message }));
      // A browser hides the status of a refused upgrade from the page; a close code it can read, and ask for a sign-in.
      if (!signedIn) return webSocket.close(noSessionCode, 'sign in first');
      keepAlive(webSocket);
      options.attach(webSocketPort(webSocket));
    });
  });

  return {
    origin,
    signInLink: () => `${origin}/#token=${signIn.issue()}`,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function refuse(request: IncomingMessage, answer: Answer, status: number, why: string): void {
    options.log('warn', 'a console request was refused', {
      status,
      host: request.headers.host,
      origin: request.headers.origin,
    });
    answer(status, why, plain);
  }
}

type Answer = (status: number, body?: string | Buffer, extra?: Record<string, string>) => void;
const plain = { 'Content-Type': 'text/plain; charset=utf-8' };
