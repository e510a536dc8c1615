import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type CommandSource, credentialSource } from '../../../src/contract/index.ts';
import { readCommandOutput } from '../../../src/gateway/upstream/command-output.ts';
import { CommandSecrets } from '../../../src/gateway/upstream/command-secrets.ts';

const minute = 60_000;
const start = Date.parse('2026-11-28T12:00:00Z');

/** Secrets over a command that prints what `output` says at the time it is run. */
function world(output: (run: number, now: number) => string) {
  const state = { now: start, runs: 0 };
  const secrets = new CommandSecrets(
    async () => output(++state.runs, state.now),
    () => state.now,
  );
  return { state, secrets };
}

const source = (more: Partial<CommandSource> = {}): CommandSource => ({ from: 'command', command: ['token'], ...more });

test('a cloud token is fetched again when its time is up, and once for all who ask', async () => {
  const { state, secrets } = world((run) => `token-${run}\n`);
  const aws = source({ refreshSeconds: 840 });
  expect(await Promise.all([secrets.ask(aws), secrets.ask(aws), secrets.ask(aws)])).toEqual(Array(3).fill('token-1'));
  state.now += 14 * minute - 1;
  expect(await secrets.ask(aws)).toBe('token-1');
  state.now += 1;
  expect(await Promise.all([secrets.ask(aws), secrets.ask(aws)])).toEqual(['token-2', 'token-2']);
});

test('a token that says when it expires is replaced a minute before, a short-lived one in its last tenth', async () => {
  const lives = [60 * minute, 5 * minute, 60 * minute];
  const { state, secrets } = world((run, now) =>
    JSON.stringify({ data: { token: `token-${run}`, expires_on: (now + (lives[run - 1] ?? 0)) / 1000 } }),
  );
  const azure = source({ field: 'data.token', expiryField: 'data.expires_on' });
  expect(await secrets.ask(azure)).toBe('token-1');
  state.now += 59 * minute - 1;
  expect(await secrets.ask(azure)).toBe('token-1');
  state.now += 1;
  expect(await secrets.ask(azure)).toBe('token-2');
  state.now += 4.5 * minute - 1;
  expect(await secrets.ask(azure)).toBe('token-2');
  state.now += 1;
  expect(await secrets.ask(azure)).toBe('token-3');
});

test('a token that has expired already, a clock that was set back, and a refusal each lead to a new run', async () => {
  let expiry = start - 1000;
  const { state, secrets } = world((run) => JSON.stringify({ token: `token-${run}`, expiry }));
  const dated = source({ field: 'token', expiryField: 'expiry' });
  await expect(secrets.ask(dated)).rejects.toThrow('what it printed expired at 2026-11-28T11:59:59.000Z');
  expect(secrets.failed(dated)).toBe(true);
  expiry = start + 60 * minute;
  expect([await secrets.ask(dated), secrets.failed(dated)]).toEqual(['token-2', false]);
  state.now -= minute;
  expect(await secrets.ask(dated)).toBe('token-3');
  secrets.forget(dated);
  expect(await secrets.ask(dated)).toBe('token-4');
});

test('output that is not what was announced is named by its field and never shown', () => {
  const said = (output: string, expiryField?: string): string => {
    try {
      readCommandOutput(output, { field: 'token', expiryField });
      return 'nothing';
    } catch (error) {
      expect(inspect(error)).not.toContain('hunter2');
      return error instanceof Error ? error.message : '';
    }
  };
  const noTime = 'the field "until" of its output is no time: seconds since the epoch, or ISO 8601 with an offset';
  expect([
    said('hunter2'),
    said('["hunter2"]'),
    said('{"token":{"hunter2":1}}'),
    said('{"token":""}'),
    said('{"token":"hunter2"}', 'until'),
    said('{"token":"hunter2","until":"2026-11-28 13:00:00.000000"}', 'until'),
  ]).toEqual([
    'its output is not JSON',
    'its output has no text in the field "token"',
    'its output has no text in the field "token"',
    'it printed nothing',
    noTime,
    noTime,
  ]);
});

test.each([
  [1_796_000_000, 1_796_000_000_000],
  ['1796000000', 1_796_000_000_000],
  [1_796_000_000_000, 1_796_000_000_000],
  ['2026-11-28T13:00:00Z', start + 60 * minute],
  ['2026-11-28 14:00:00.000+01:00', start + 60 * minute],
])('the expiry %j is understood', (until, expiresAt) => {
  const output = JSON.stringify({ token: 'a b\n', until });
  expect(readCommandOutput(output, { field: 'token', expiryField: 'until' })).toEqual({ secret: 'a b\n', expiresAt });
});

test('an expiry is of JSON output only', () => {
  const result = credentialSource.safeParse({ from: 'command', command: ['x'], expiryField: 'until' });
  expect(result.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
    ['expiryField', 'is of JSON output: name the field of the secret as well'],
  ]);
});
