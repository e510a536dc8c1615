import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { hashAgentKey } from '../../../src/gateway/identity/agent-keys.ts';
import type { CommandEnvironment } from '../../../src/main/commands/environment.ts';
import { main } from '../../../src/main/commands/main.ts';
import { packageRoot } from '../../../src/main/desk/package-root.ts';

async function run(...args: string[]) {
  const printed: string[] = [];
  const said: string[] = [];
  const root = packageRoot(import.meta.dirname);
  const environment: CommandEnvironment = {
    root,
    print: (text) => void printed.push(text),
    say: (line) => void said.push(line),
    terminal: { input: new PassThrough(), output: new PassThrough() },
    variables: {},
    dataFolder: await mkdtemp(`${tmpdir()}/postern-command-`),
    operator: 'ada',
    random: (size) => Buffer.alloc(size, 7),
    monotonic: () => 0,
    ended: () => Promise.resolve('SIGTERM'),
    colour: false,
  };
  return {
    code: await main(args, environment),
    printed: printed.join(''),
    said: said.join('\n'),
    version: root.version,
  };
}

test('without a command it shows the commands and says that one is missing', async () => {
  const { code, printed } = await run();
  expect(code).toBe(2);
  for (const command of ['open', 'serve', 'verify', 'replay', 'report', 'key', 'demo'])
    expect(printed).toContain(`postern ${command}`);
  expect((await run('--help')).code).toBe(0);
});

test('--version is the package’s', async () => {
  const { code, printed, version } = await run('--version');
  expect([code, printed]).toEqual([0, `${version}\n`]);
});

test('a new key comes with the hash that stands for it', async () => {
  const { code, printed } = await run('key');
  const [, key, hash] = /^key {3}(\S+)\nhash {2}(\S+)\n/.exec(printed) ?? [];
  expect([code, key, hash]).toEqual([0, `pstn_${Buffer.alloc(32, 7).toString('base64url')}`, hashAgentKey(key ?? '')]);
});

test.each([
  [['frob'], 'There is no command "frob".'],
  [['serve'], '`postern serve` needs --config FILE.'],
  [['serve', '--config'], "Option '-c, --config <value>' argument missing"],
  [['key', '--out', 'x'], '`postern key` has no option --out.'],
  [['open', '--frob'], "Unknown option '--frob'"],
  [['verify'], '`postern verify` needs a session id or a journal file.'],
  [['replay', 'a', 'b'], '`postern replay` does not know what to do with "b".'],
  [['demo', 'x'], '`postern demo` does not know what to do with "x".'],
])('postern %j is refused in one clear message', async (args, words) => {
  const { code, printed, said } = await run(...args);
  expect([code, printed]).toEqual([2, '']);
  expect(said).toContain(`postern: ${words}`);
  expect(said).toMatch(/\n {2}`postern --help` shows the commands\. \[usage\]$/);
});

test('a session that is not recorded is said to be', async () => {
  for (const command of ['verify', 'replay', 'report']) {
    expect(await run(command, 'no-such-session')).toMatchObject({
      code: 1,
      said: expect.stringContaining('[session_not_found]'),
    });
  }
});

test('a public key that is not there is not silently left out of the verification', async () => {
  expect(await run('verify', 'x', '--public-key', '/nonexistent.pem')).toMatchObject({
    code: 2,
    said: expect.stringContaining('There is no file /nonexistent.pem.'),
  });
});
