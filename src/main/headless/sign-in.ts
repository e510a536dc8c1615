import { createHash, timingSafeEqual } from 'node:crypto';

/** Wrong tokens per minute before further ones are told to wait. The right one is always taken: who guesses must not lock out the operator. */
export const wrongTokensPerMinute = 10;
/** A console that is signed in this long must sign in again when it next connects. Milliseconds. */
export const sessionLifetime = 12 * 60 * 60 * 1000;
/** A sign-in link not used for this long is void. Milliseconds. */
export const tokenLifetime = 15 * 60 * 1000;

export interface SignInPorts {
  readonly random: (size: number) => Buffer;
  /** Milliseconds that never go backwards. */
  readonly now: () => number;
}

export type Exchange =
  | { readonly ok: true; readonly session: string; readonly page: string }
  | { readonly ok: false; readonly reason: 'wrong' | 'too_many' };

/**
 * Sign-in of the console: a token that works once becomes a session. Both live in memory only, as digests. A session has two
 * halves. One is a cookie, which scripts cannot read; but browsers send cookies to every port of a host, so also to a server that
 * the agent runs on this machine, once the operator looks at it. The other is kept by the page, whose storage no other port sees.
 */
export interface SignIn {
  /** A fresh 256-bit token; the one before it is void from now on. */
  issue(): string;
  /** Trades the token for a session, once. */
  exchange(token: string): Exchange;
  /** True while both halves are of one session of ours that has not run out. */
  holds(session: string, page: string): boolean;
}

export function createSignIn({ random, now }: SignInPorts): SignIn {
  let outstanding: { digest: Buffer; until: number } | null = null;
  let wrong: number[] = [];
  const sessions = new Map<string, { digest: Buffer; until: number }>();
  return {
    issue() {
      const token = random(32).toString('base64url');
      outstanding = { digest: digestOf(token), until: now() + tokenLifetime };
      return token;
    },
    exchange(token) {
      wrong = wrong.filter((at) => at > now() - 60_000);
      const offered = digestOf(token);
      if (outstanding === null || outstanding.until <= now() || !timingSafeEqual(offered, outstanding.digest)) {
        if (wrong.length >= wrongTokensPerMinute) return { ok: false, reason: 'too_many' };
        wrong.push(now());
        return { ok: false, reason: 'wrong' };
      }
      outstanding = null;
      const session = random(32).toString('base64url');
      const page = random(32).toString('base64url');
      const digest = digestOf(bothOf(session, page));
      sessions.set(digest.toString('hex'), { digest, until: now() + sessionLifetime });
      return { ok: true, session, page };
    },
    holds(session, page) {
      const offered = digestOf(bothOf(session, page));
      let found = false;
      for (const [id, { digest, until }] of [...sessions]) {
        if (until <= now()) sessions.delete(id);
        else if (timingSafeEqual(offered, digest)) found = true;
      }
      return found;
    },
  };
}

/** Neither half has a space: base64url, and what a cookie and a subprotocol may hold. */
const bothOf = (session: string, page: string): string => `${session} ${page}`;

/** Equal lengths for timingSafeEqual whatever was sent, and nothing in memory that could be sent again. */
function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}
