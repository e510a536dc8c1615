import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Port } from '../../../src/contract/index.ts';
import { type Console, noSessionCode } from '../../../src/main/headless/console-server.ts';
import { wrongTokensPerMinute } from '../../../src/main/headless/sign-in.ts';
import { consoleFor, postToken, signIn, tokenOf } from '../support/console.ts';

let served: Console;
let attached: Port[];
beforeEach(async () => {
  attached = [];
  served = await consoleFor({ attach: (port) => void attached.push(port) });
});
afterEach(() => served.stop());

/** One request with headers that `fetch` would not let through. */
function raw(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body?: string,
): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(served.origin);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers, setHost: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body: text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** How an attempt to open /rpc ends: the close code, or the HTTP status that refused it. */
function knock(
  headers: Record<string, string>,
  path = '/rpc',
  page = 'of-no-session',
): Promise<{ closed: number } | { status: number | undefined } | 'open'> {
  const socket = new WebSocket(`${served.origin.replace('http', 'ws')}${path}`, ['postern', page], {
    headers,
  });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve({ status: response.statusCode });
      response.resume();
      socket.terminate();
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => resolve({ closed: code }));
    socket.on('open', () => socket.ping());
    socket.on('pong', () => {
      resolve('open');
      socket.close();
    });
  });
}

const host = (): string => new URL(served.origin).host;

describe('the page', () => {
  test('is served with a policy that lets it load its own files and nothing else', async () => {
    const response = await fetch(`${served.origin}/`);
    expect(await response.text()).toBe('<p>the desk</p>');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "font-src 'self' data:",
      "img-src 'self' data:",
      `connect-src 'self' ws://${host()}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  test('consists of known paths: anything else is 404, whatever it points at', async () => {
    for (const path of [
      '/nothing',
      '/../package.json',
      '/assets/../../package.json',
      '/%2e%2e/package.json',
      '//etc/passwd',
      '/rpc',
    ]) {
      expect([path, (await raw(path, { host: host() })).status]).toEqual([path, 404]);
    }
  });

  test('is not served under another name: rebinding a DNS name to loopback leads nowhere', async () => {
    for (const name of ['evil.example', `localhost:${new URL(served.origin).port}`, '127.0.0.1', '']) {
      expect(await raw('/', { host: name })).toEqual({
        status: 421,
        body: 'This is not the address of a Postern console.',
      });
    }
  });

  test('takes no method but GET and HEAD', async () => {
    expect((await raw('/', { host: host() }, 'DELETE')).status).toBe(405);
    expect(await raw('/', { host: host() }, 'HEAD')).toEqual({ status: 200, body: '' });
  });
});

describe('signing in', () => {
  test('trades the token of the link for a cookie that scripts cannot read and other sites cannot use, and a half that no cookie is', async () => {
    const response = await postToken(served, tokenOf(served.signInLink()));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ page: expect.stringMatching(/^[\w-]{43}$/) });
    expect(response.headers.get('set-cookie')).toMatch(
      new RegExp(
        `^postern-${new URL(served.origin).port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200$`,
      ),
    );
  });

  test('works once for each link', async () => {
    const token = tokenOf(served.signInLink());
    expect((await postToken(served, token)).status).toBe(200);
    expect((await postToken(served, token)).status).toBe(401);
  });

  test('a fresh link makes the one before it void', async () => {
    const old = tokenOf(served.signInLink());
    const fresh = tokenOf(served.signInLink());
    expect((await postToken(served, old)).status).toBe(401);
    expect((await postToken(served, fresh)).status).toBe(200);
  });

  test('is refused from another origin, even with the right token, and the token stays good', async () => {
    const token = tokenOf(served.signInLink());
    expect((await postToken(served, token, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await raw('/session', { host: host() }, 'POST', JSON.stringify({ token }))).status).toBe(403);
    expect((await postToken(served, token)).status).toBe(200);
  });

  test('after too many wrong tokens further ones must wait, and the right one need not', async () => {
    const token = tokenOf(served.signInLink());
    for (let attempt = 0; attempt < wrongTokensPerMinute; attempt++) {
      expect((await postToken(served, `wrong-${attempt}`)).status).toBe(401);
    }
    expect((await postToken(served, 'one-more')).status).toBe(429);
    expect((await postToken(served, token)).status).toBe(200);
  });

  test('refuses bodies that are too long or no token', async () => {
    const headers = { host: host(), origin: served.origin };
    expect((await raw('/session', headers, 'POST', 'x'.repeat(100_000))).status).toBe(413);
    for (const body of ['', '[]', 'null', '{"token":7}', '{token']) {
      expect((await raw('/session', headers, 'POST', body)).status).toBe(400);
    }
    expect((await raw('/session', headers)).status).toBe(405);
  });
});

describe('the line to the desk', () => {
  test('opens with both halves of a session, the right Host and the right Origin', async () => {
    const { cookie, page } = await signIn(served);
    expect(await knock({ origin: served.origin, cookie }, '/rpc', page)).toBe('open');
    expect(attached).toHaveLength(1);
  });

  test('tells a page without a session so, and serves it nothing', async () => {
    const { cookie, page } = await signIn(served);
    const name = cookie.split('=', 1)[0] ?? '';
    for (const bad of [{}, { cookie: `${name}=wrong` }, { cookie: `${cookie}; ${cookie}` }, { cookie: `x${cookie}` }]) {
      expect(await knock({ origin: served.origin, ...(bad as Record<string, string>) }, '/rpc', page)).toEqual({
        closed: noSessionCode,
      });
    }
    expect(attached).toEqual([]);
  });

  test('stays shut for a server of this machine that was sent the cookie, because browsers know no ports there', async () => {
    const { cookie } = await signIn(served);
    const other = await signIn(served);
    expect(await knock({ origin: served.origin, cookie })).toEqual({ closed: noSessionCode });
    expect(await knock({ origin: served.origin, cookie }, '/rpc', other.page)).toEqual({ closed: noSessionCode });
    expect(attached).toEqual([]);
  });

  test('stays shut for foreign Origins, no Origin, rebinding Hosts and other paths, cookie or not', async () => {
    const { cookie, page } = await signIn(served);
    const { origin } = served;
    expect(await knock({ cookie }, '/rpc', page)).toEqual({ status: 403 });
    expect(await knock({ cookie, origin: 'http://evil.example' }, '/rpc', page)).toEqual({ status: 403 });
    expect(await knock({ cookie, origin: 'null' }, '/rpc', page)).toEqual({ status: 403 });
    expect(await knock({ cookie, origin, host: 'evil.example' }, '/rpc', page)).toEqual({ status: 421 });
    expect(await knock({ cookie, origin }, '/rpc?x', page)).toEqual({ status: 404 });
    expect(await knock({ cookie, origin }, '/', page)).toEqual({ status: 404 });
    expect(attached).toEqual([]);
  });

  test('drops a console that sends more than a message may have, or no JSON', async () => {
    const { cookie, page } = await signIn(served);
    for (const [message, code] of [
      ['x'.repeat(2 * 1024 * 1024), 1009],
      ['no json', 1003],
    ] as const) {
      const socket = new WebSocket(`${served.origin.replace('http', 'ws')}/rpc`, ['postern', page], {
        headers: { origin: served.origin, cookie },
      });
      await new Promise((resolve) => socket.once('open', resolve));
      attached.at(-1)?.onMessage(() => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.send(message);
      expect(await closed).toBe(code);
    }
  });
});

test('half a request does not keep the console from stopping', async () => {
  const socket = connectSocket(Number(new URL(served.origin).port), '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('POST /session HTTP/1.1\r\nHost: ');
  socket.on('error', () => undefined);
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await served.stop();
  expect(await ended).toBeDefined();
});

test('a port that is taken is said to be taken', async () => {
  const port = Number(new URL(served.origin).port);
  await expect(consoleFor({ port })).rejects.toMatchObject({
    code: 'console_port_in_use',
    message: `The console cannot listen on 127.0.0.1:${port}: another program has this port.`,
  });
});
