import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { hashAgentKey } from '../../../src/gateway/identity/agent-keys.ts';
import { gateFolder } from '../../../src/gateway/journal/gate-folder.ts';
import { loadOrCreateSigner } from '../../../src/gateway/journal/signer.ts';
import { createJournal } from '../../../src/gateway/journal/writer.ts';
import type { CommandEnvironment } from '../../../src/main/commands/environment.ts';
import { main } from '../../../src/main/commands/main.ts';
import { dataLayout } from '../../../src/main/desk/data-folder.ts';
import { packageRoot } from '../../../src/main/desk/package-root.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/postern-command-`);
  folders.push(folder);
  return folder;
}

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
    dataFolder: await freshFolder(),
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
  [['report', 'a-session', '--since', '2026-11-28'], '--since and --until go with `gate` in place of a session.'],
  [['replay', 'a', 'b'], '`postern replay` does not know what to do with "b".'],
  [['policy', 'test'], '`postern policy` is followed by test "SQL", or by backtest.'],
  [['policy', 'backtest', '--sessions', '0'], '--sessions is a number from 1 to 1000.'],
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

test('of a gate that never ran there is nothing to verify, and nothing is wrong; nor is there anything to report', async () => {
  const report = await run('report', 'gate');
  expect([report.code, report.said]).toEqual([1, expect.stringContaining('[journal_missing]')]);
  expect(await run('verify', 'gate')).toMatchObject({ code: 0, printed: 'There is no journal of the gate yet.\n' });
  expect(await run('replay', 'gate', '--since', '28.11.2026')).toMatchObject({
    code: 2,
    said: expect.stringContaining('--since takes a day such as 2026-11-28, not "28.11.2026".'),
  });
});

test('the journals of the gate are verified and told', async () => {
  const folder = await freshFolder();
  const { journals, keys } = dataLayout(folder);
  const signer = loadOrCreateSigner(keys);
  const name = 'gate-20261128T120000000Z-1';
  const journal = createJournal({ folder: gateFolder(journals), name, signer, clock: () => Date.UTC(2026, 10, 28) });
  journal.append({ type: 'settings_changed', what: 'agent \u001b[2Jclaude: key revoked', by: 'maria' });
  await journal.close();
  const verified = await run('verify', 'gate', '--data-folder', folder);
  expect(verified.code).toBe(0);
  expect(verified.printed).toMatch(
    /^ok {2}gate-20261128T120000000Z-1: \d records, closed and signed to its last record\n/,
  );
  expect((await run('replay', 'gate', '--data-folder', folder, '--since', '2026-11-28')).printed).toBe(
    '2026-11-28T00:00:00.000Z  Settings changed  maria  Agent \\x1b[2Jclaude: key revoked.\n',
  );
  expect((await run('replay', 'gate', '--data-folder', folder, '--until', '2026-11-27')).printed).toBe('');
  const out = `${folder}/gate.pdf`;
  expect((await run('report', 'gate', '--data-folder', folder, '--out', out)).code).toBe(0);
  expect((await run('report', 'gate', '--data-folder', folder, '--out', out)).said).toContain('[report_not_written]');
});

test('a public key that is not there is not silently left out of the verification', async () => {
  expect(await run('verify', 'x', '--public-key', '/nonexistent.pem')).toMatchObject({
    code: 2,
    said: expect.stringContaining('There is no file /nonexistent.pem.'),
  });
});

async function configuration(connections: readonly string[]): Promise<string> {
  const path = `${await freshFolder()}/postern.json`;
  const agents = [{ name: 'claude', key: { hash: 'ab'.repeat(32) }, connections: [connections[0]] }];
  const upstream = { host: '127.0.0.1', port: 1, database: 'shop', user: 'app', credential: { from: 'none' } };
  await writeFile(path, JSON.stringify({ connections: connections.map((name) => ({ name, upstream })), agents }));
  return path;
}

test('a statement is tried on the policy: verdict, rule, effects, and that no catalog could be read', async () => {
  const config = await configuration(['shop']);
  const allowed = await run('policy', 'test', 'SELECT * FROM orders', '--config', config);
  expect(allowed).toMatchObject({
    code: 0,
    printed: expect.stringMatching(/^ALLOW {2}read: .*\n {2}It only reads on orders/),
  });
  expect(allowed.printed).toMatch(
    /\neffects {3}read\nreads {5}orders\n\nJudged without the catalog, so stricter than it may be: /,
  );
  expect(await run('policy', 'test', 'TRUNCATE orders', '--config', config)).toMatchObject({
    code: 1,
    printed: expect.stringMatching(/^ASK {2}truncate: /),
  });
});

test('a statement is tried on rules from a file, whose faults are named', async () => {
  const config = await configuration(['shop', 'other']);
  const rules = `${await freshFolder()}/rules.json`;
  const tried = () =>
    run('policy', 'test', 'SELECT 1 FROM orders', '--config', config, '--connection', 'shop', '--rules', rules);
  expect(await tried()).toMatchObject({ code: 2, said: expect.stringContaining('[config_unreadable]') });
  await writeFile(rules, '[{"id": "no", "when": {"relation": ["*"]}, "verdict": "block", "reason": "r"}]');
  expect((await tried()).said).toContain('[0].when.relation: there is no such field');
  await writeFile(
    rules,
    '// mine\n{"rules": [{"id": "no", "when": {"relations": ["*"]}, "verdict": "block", "reason": "r"}]}',
  );
  expect(await tried()).toMatchObject({ code: 1, printed: expect.stringMatching(/^BLOCK {2}no: r\n/) });
});

test('which connection is meant has to be clear', async () => {
  const config = await configuration(['shop', 'other']);
  expect((await run('policy', 'test', 'SELECT 1', '--config', config)).said).toContain(
    'Name one with --connection: shop, other. [usage]',
  );
  expect((await run('policy', 'test', 'SELECT 1')).said).toContain('[settings_missing]');
});
