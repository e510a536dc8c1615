import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/contract/index.ts';
import { webSocketPort } from '../../src/main/headless/ws-port.ts';
import { consoleSocket } from '../support/console-session.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Cli, configFile, startCli } from './support/cli.ts';

const key = 'pstn_a-key-of-this-test-file';
let database: TestDatabase;
let started: Cli[];
beforeEach(async () => {
  started = [];
  database = await createDatabase(
    "CREATE TABLE people (id int PRIMARY KEY, email text); INSERT INTO people VALUES (1, 'ada@example.com')",
  );
});
afterEach(async () => {
  for (const { process: child, ended } of started) {
    child.kill('SIGKILL');
    await ended;
  }
  await database.drop();
});

function config(overrides: Record<string, unknown> = {}) {
  return {
    dataFolder: 'data',
    listeners: [{ port: 0 }],
    connections: [
      {
        name: 'people',
        upstream: {
          host: database.host,
          port: database.port,
          database: database.name,
          user: database.user,
          sslmode: 'disable',
          credential: { from: 'environment', variable: 'PEOPLE_PASSWORD' },
        },
        maskRules: [{ id: 'emails', table: 'people', column: 'email', masker: { kind: 'email' } }],
      },
    ],
    agents: [{ name: 'claude', key: { environment: 'CLAUDE_KEY' }, connections: ['people'] }],
    ...overrides,
  };
}

function start(path: string, more: string[] = [], environment: Record<string, string> = {}): Cli {
  const cli = startCli(['serve', '--config', path, ...more], {
    CLAUDE_KEY: key,
    PEOPLE_PASSWORD: database.password,
    ...environment,
  });
  started.push(cli);
  return cli;
}

interface Ready {
  readonly listeners: { host: string; port: number }[];
  readonly console: { url: string } | null;
}

async function ready(cli: Cli): Promise<Ready & { url: string }> {
  const line = JSON.parse(await cli.firstLine) as Ready;
  return { ...line, url: `postgresql://claude:${key}@127.0.0.1:${line.listeners[0]?.port}/people` };
}

async function withAgent<T>(url: string, work: (agent: pg.Client) => Promise<T>): Promise<T> {
  const agent = new pg.Client({ connectionString: url });
  agent.on('error', () => undefined);
  await agent.connect();
  return work(agent).finally(() => agent.end());
}

async function run(overrides: Record<string, unknown> | string, environment: Record<string, string> = {}) {
  const { path, folder } = await configFile(typeof overrides === 'string' ? overrides : config(overrides));
  const cli = start(path, ['--no-console'], environment);
  const { code, stdout, stderr } = await cli.ended;
  return { code, stdout, stderr: stderr.replaceAll(folder, 'FOLDER') };
}

describe('postern serve', () => {
  test('prints one line, masks, records, and closes cleanly on SIGTERM', async () => {
    const { path, folder } = await configFile(config());
    const cli = start(path, ['--no-console']);
    const { url, ...line } = await ready(cli);
    expect(line).toEqual({
      ready: true,
      listeners: [{ host: '127.0.0.1', port: expect.any(Number) }],
      certificate: join(folder, 'data', 'postern-ca.crt'),
      console: null,
      pid: cli.process.pid,
    });
    const { rows } = await withAgent(url, (agent) => agent.query('SELECT * FROM people'));
    expect(rows).toEqual([{ id: 1, email: 'a***@***.com' }]);
    cli.process.kill('SIGTERM');
    const { code, stdout, stderr } = await cli.ended;
    expect([code, stdout.split('\n').length]).toEqual([0, 2]);
    for (const entry of stderr.trim().split('\n')) expect(JSON.parse(entry)).toMatchObject({ msg: expect.any(String) });
    const journals = (await readdir(join(folder, 'data', 'journal'))).filter((name) => name.endsWith('.journal'));
    expect(journals).toHaveLength(1);
    const verified = startCli([
      'verify',
      (journals[0] ?? '').replace('.journal', ''),
      '--data-folder',
      join(folder, 'data'),
    ]);
    expect(await verified.ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('closed and signed to its last record'),
    });
  });

  test('a client that is at work when the gate closes hears 57P01', async () => {
    const { path } = await configFile(config());
    const cli = start(path, ['--no-console']);
    const { url } = await ready(cli);
    const agent = new pg.Client({ connectionString: url });
    // The 57P01 comes first; that the connection then ends is the second error.
    const heard = new Promise((resolve) => agent.on('error', resolve));
    await agent.connect();
    cli.process.kill('SIGINT');
    expect(await heard).toMatchObject({ code: '57P01' });
    expect((await cli.ended).code).toBe(0);
  });

  test('with a deadline of 0, what would be held is denied at once with the verdict and the rule', async () => {
    const { path } = await configFile(config({ approvalDeadlineSeconds: 0 }));
    const { url } = await ready(start(path, ['--no-console']));
    const refusal = await withAgent(url, (agent) => agent.query("UPDATE people SET email = 'x' WHERE id = 1")).catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: '42501', detail: expect.stringMatching(/^verdict: ask; rule: /) });
    expect((await database.query('SELECT email FROM people')).rows).toEqual([{ email: 'ada@example.com' }]);
  });

  test('the console signs in with its link, shows a hold, and its approval lets the statement run', async () => {
    const { path } = await configFile(config());
    const { url, console } = await ready(start(path));
    const socket = await consoleSocket(console?.url ?? '');
    const client = connect(webSocketPort(socket));
    client.on('approval.changed', ({ id, digest, state }) => {
      if (state === 'pending') void client.call('approvals.decide', { id, digest, action: 'approve' });
    });
    const result = await withAgent(url, (agent) =>
      agent.query("UPDATE people SET email = 'new@example.com' WHERE id = 1"),
    );
    expect(result.rowCount).toBe(1);
    expect((await database.query('SELECT email FROM people')).rows).toEqual([{ email: 'new@example.com' }]);
    expect(await client.call('desk.overview', {})).toMatchObject({ host: 'headless', managedBy: 'file', demo: false });
    socket.close();
  });

  test('takes a key over a file descriptor', async () => {
    const { path } = await configFile(
      config({ agents: [{ name: 'claude', key: { fileDescriptor: 3 }, connections: ['people'] }] }),
    );
    const cli = startCli(['serve', '--config', path, '--no-console'], { PEOPLE_PASSWORD: database.password }, ['pipe']);
    started.push(cli);
    const pipe = cli.process.stdio[3];
    if (pipe === null || pipe === undefined || !('end' in pipe)) throw new Error('no pipe');
    pipe.end(`${key}\n`);
    const { url } = await ready(cli);
    expect((await withAgent(url, (agent) => agent.query('SELECT 1 AS one'))).rows).toEqual([{ one: 1 }]);
  });

  test('says neither key nor password, on standard output or in its log', async () => {
    const { path } = await configFile(config());
    const cli = start(path, ['--no-console']);
    const { url } = await ready(cli);
    await withAgent(url, (agent) => agent.query('SELECT 1'));
    cli.process.kill('SIGTERM');
    const { stdout, stderr } = await cli.ended;
    for (const secret of [key, database.password]) expect(`${stdout}${stderr}`).not.toContain(secret);
  });
});

describe('bad input ends with one message and exit code 2, and nothing on standard output:', () => {
  test('no such file', async () => {
    const cli = startCli(['serve', '--config', '/nonexistent/postern.json']);
    expect(await cli.ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^postern: \/nonexistent\/postern\.json: ENOENT.*\n.*\[config_unreadable\]\n$/),
    });
  });

  test('a file that is no JSON', async () => {
    expect(await run('{ "listeners": [ }')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^postern: FOLDER\/postern\.json: it is not JSON: .*\n.*\[config_invalid\]\n$/),
    });
  });

  test('an unknown field', async () => {
    expect(await run({ colour: 'blue' })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'postern: FOLDER/postern.json: colour: there is no such field\n  Nothing was started. docs/configuration.md explains every field. [config_invalid]\n',
    });
  });

  test('a missing environment variable', async () => {
    expect(await run({}, { CLAUDE_KEY: '' })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "postern: The key of agents[0] (claude) should be in the environment variable CLAUDE_KEY, which is not set.\n  Set CLAUDE_KEY, or give the key's hash in the file (`postern key` makes both). [agent_key_missing]\n",
    });
  });

  test('a port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await run({ listeners: [{ port }] })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`^postern: Port ${port} on 127\\.0\\.0\\.1 is already in use\\.\\n.*\\[port_in_use\\]\\n$`),
      ),
    });
    taken.close();
  });

  test('a data folder that is a file', async () => {
    const { folder } = await configFile('');
    await writeFile(join(folder, 'file'), '');
    expect(await run({ dataFolder: join(folder, 'file') })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^postern: The data folder .*\/file cannot be written: .*\n.*\[data_folder_unwritable\]\n$/,
      ),
    });
  });

  test('a data folder that another Postern works in', async () => {
    const { path } = await configFile(config());
    const first = start(path, ['--no-console']);
    await ready(first);
    const second = start(path, ['--no-console']);
    expect(await second.ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`(process ${first.process.pid}).`),
    });
  });
});

test('a settings file that does not parse is named, and kept as it is', async () => {
  const { folder } = await configFile('');
  await writeFile(join(folder, 'settings.json'), '{"version":1,');
  const cli = startCli(['open', '--console', '--data-folder', folder]);
  expect(await cli.ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(`The settings file ${join(folder, 'settings.json')} cannot be used: `),
  });
  expect(await readFile(join(folder, 'settings.json'), 'utf8')).toBe('{"version":1,');
});
