/// <reference types="node" />
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Emit, serve } from '../../src/contract/index.ts';
import { type FakeDesk, fakeDesk } from './fake-desk.ts';
import { launchChromium } from './harness/browser.ts';
import { type Site, serveRenderer } from './harness/serve.ts';

vi.setConfig({ testTimeout: 30_000 });

/** A console as the headless host is agreed to be: a token once, a cookie and a half for the page, a WebSocket that needs both. */
let site: Site;
let sockets: WebSocketServer;
let browser: Browser;
let page: Page;
let desk: FakeDesk;
let emit: Emit = () => undefined;
let tokens: Set<string>;
const signedIn = 'postern=yes';

function session(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'POST' || request.url !== '/session') return false;
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    const good = tokens.delete((JSON.parse(body) as { token: string }).token);
    response
      .writeHead(good ? 200 : 401, good ? { 'set-cookie': `${signedIn}; HttpOnly; SameSite=Strict; Path=/` } : {})
      .end(JSON.stringify({ page: 'the-half-of-the-page' }));
  });
  return true;
}

function attach(socket: WebSocket): void {
  emit = serve(
    {
      post: (message) => socket.send(JSON.stringify(message)),
      onMessage: (listener) => {
        socket.on('message', (data) => listener(JSON.parse(String(data))));
        return () => undefined;
      },
      onClose: (listener) => {
        socket.on('close', listener);
        return () => undefined;
      },
    },
    desk.handlers,
  );
}

beforeAll(async () => {
  [site, browser] = await Promise.all([serveRenderer(session), launchChromium()]);
  sockets = new WebSocketServer({ server: site.server, path: '/rpc' });
  sockets.on('connection', (socket, request) => {
    const shown = request.headers['sec-websocket-protocol'] === 'postern, the-half-of-the-page';
    if (shown && request.headers.cookie?.includes(signedIn)) attach(socket);
    else socket.close(4401, 'no session');
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  sockets?.close();
  await site?.close();
});
beforeEach(async () => {
  tokens = new Set(['fresh']);
  desk = fakeDesk(Date.now(), () => emit);
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
});
afterEach(() => page.context().close());

it('exchanges the token of the link for a session once and drops it from the address bar', async () => {
  await page.goto(`${site.url}#token=fresh`);
  await page.getByRole('article', { name: 'Request: Update public.customers' }).waitFor();
  expect([page.url().includes('token'), tokens.size]).toEqual([false, 0]);
});

it('keeps working when a used link is opened again in the same browser', async () => {
  await page.goto(`${site.url}#token=fresh`);
  await page.getByRole('article').waitFor();
  await page.goto('about:blank');
  await page.goto(`${site.url}#token=fresh`);
  await page.getByRole('article').waitFor();
  expect(page.url()).not.toContain('token');
});

it('explains how to sign in when there is no session', async () => {
  await page.goto(`${site.url}#token=stale`);
  await page.getByRole('heading', { name: 'Sign in to this console' }).waitFor();
  expect(await page.getByText('prints a fresh sign-in link').count()).toBe(1);
});

it('says that the connection was lost, reconnects by itself, and shows what happened meanwhile', async () => {
  await page.goto(`${site.url}#token=fresh`);
  await page.getByRole('article', { name: 'Request: Update public.customers' }).waitFor();
  emit = () => undefined;
  desk.change('a-1', { state: 'withdrawn', decidedAt: Date.now() });
  for (const socket of sockets.clients) socket.terminate();
  await page.getByText('The client or the database went away while it waited.').waitFor();
  expect(await page.getByText('The connection to Postern was lost.').count()).toBe(0);
});
