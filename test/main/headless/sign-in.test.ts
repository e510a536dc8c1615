import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  createSignIn,
  sessionLifetime,
  tokenLifetime,
  wrongTokensPerMinute,
} from '../../../src/main/headless/sign-in.ts';

function setUp() {
  let time = 0;
  const signIn = createSignIn({ random: randomBytes, now: () => time });
  return {
    signIn,
    later: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

test('a token is 256 bits and becomes a session of 256 other bits', () => {
  const { signIn } = setUp();
  const token = signIn.issue();
  const result = signIn.exchange(token);
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(result.ok && Buffer.from(result.session, 'base64url').length === 32 && result.session !== token).toBe(true);
});

test('a link that nobody used in time is void', () => {
  const { signIn, later } = setUp();
  const token = signIn.issue();
  later(tokenLifetime);
  expect(signIn.exchange(token)).toEqual({ ok: false, reason: 'wrong' });
});

test('a session holds for its lifetime and not a moment longer', () => {
  const { signIn, later } = setUp();
  const result = signIn.exchange(signIn.issue());
  const { session, page } = result.ok ? result : { session: '', page: '' };
  later(sessionLifetime - 1);
  expect(signIn.holds(session, page)).toBe(true);
  later(1);
  expect(signIn.holds(session, page)).toBe(false);
});

test('a session is both of its halves, and of no two sessions', () => {
  const { signIn } = setUp();
  const [one, other] = [signIn.exchange(signIn.issue()), signIn.exchange(signIn.issue())];
  if (!one.ok || !other.ok) throw new Error('they were not let in');
  const pairs = [
    [one.session, one.page],
    [one.session, ''],
    [one.session, other.page],
    ['', one.page],
    [one.page, one.session],
  ] as const;
  expect(pairs.map(([session, page]) => signIn.holds(session, page))).toEqual([true, false, false, false, false]);
});

test('nothing that was not given out is a token or a session', () => {
  const { signIn } = setUp();
  expect(signIn.exchange('')).toEqual({ ok: false, reason: 'wrong' });
  const token = signIn.issue();
  expect(signIn.holds(token, token)).toBe(false);
  expect(signIn.holds('', '')).toBe(false);
});

test('too many wrong tokens are told to wait a minute, and the right one gets in meanwhile', () => {
  const { signIn, later } = setUp();
  const token = signIn.issue();
  for (let attempt = 0; attempt < wrongTokensPerMinute; attempt++) signIn.exchange(`wrong-${attempt}`);
  expect(signIn.exchange('one more')).toEqual({ ok: false, reason: 'too_many' });
  expect(signIn.exchange(token).ok).toBe(true);
  later(60_000);
  expect(signIn.exchange('and another')).toEqual({ ok: false, reason: 'wrong' });
});
