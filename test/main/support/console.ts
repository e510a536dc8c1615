import { randomBytes } from 'node:crypto';
import { type Console, type ConsoleOptions, startConsole } from '../../../src/main/headless/console-server.ts';
import { type ConsoleSession, signInToConsole } from '../../support/console-session.ts';

/** A console on a free port with a page of two files. */
export function consoleFor(overrides: Partial<ConsoleOptions> = {}): Promise<Console> {
  return startConsole({
    host: '127.0.0.1',
    port: 0,
    page: new Map([
      ['/', { type: 'text/html; charset=utf-8', body: Buffer.from('<p>the desk</p>') }],
      ['/assets/a.js', { type: 'text/javascript; charset=utf-8', body: Buffer.from('1') }],
    ]),
    attach: () => undefined,
    random: randomBytes,
    now: () => performance.now(),
    log: () => undefined,
    ...overrides,
  });
}

export function tokenOf(link: string): string {
  return new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';
}

/** Exchanges a fresh token for a session. */
export const signIn = (served: Console): Promise<ConsoleSession> => signInToConsole(served.signInLink());

export function postToken({ origin }: Console, token: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ token }),
  });
}
