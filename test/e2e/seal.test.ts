import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '../../src/main/desk/settings-file.ts';
import { aConnection, anAgent } from '../main/support/fakes.ts';
import { launchChromium } from '../renderer/harness/browser.ts';
import { type Cli, configFile, startCli } from './support/cli.ts';

const passphrase = 'correct horse battery';
const given = { POSTERN_PASSPHRASE: passphrase };

let started: Cli[];
beforeEach(() => {
  started = [];
});
afterEach(async () => {
  for (const { process: child, ended } of started) {
    child.kill('SIGTERM');
    await ended;
  }
});

function start(args: readonly string[], environment: Record<string, string> = {}, extra: readonly 'pipe'[] = []): Cli {
  const cli = startCli(args, { NO_COLOR: '1', ...environment }, extra);
  started.push(cli);
  return cli;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref();
    socket.once('connect', () => socket.destroy());
  });

describe('an installation', () => {
  let browser: Browser;
  let page: Page;
  let folder: string;
  let settings: string;
  let port: number;
  const faults: string[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-sealed-'));
    settings = join(folder, 'settings.json');
    port = await freePort();
    await writeFile(
      settings,
      JSON.stringify({
        ...defaultSettings,
        listener: { host: '127.0.0.1', port },
        connections: [aConnection()],
        agents: [anAgent()],
      }),
    );
    faults.length = 0;
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // Gates are closed under the page here; it tries to reach them again.
      const gone = /ERR_CONNECTION_(REFUSED|RESET)/.test(message.text());
      if (message.type() === 'error' && !gone) faults.push(message.text());
    });
  });
  afterEach(async () => {
    await page.context().close();
    await rm(folder, { recursive: true, force: true });
    expect(faults).toEqual([]);
  });

  /** Starts `postern open` and goes to its console; what it printed by then. */
  async function openConsole(environment: Record<string, string> = {}): Promise<{ cli: Cli; printed: string }> {
    const cli = start(['open', '--console', '--data-folder', folder], environment);
    let output = '';
    const printed = await new Promise<string>((resolve, reject) => {
      cli.process.stdout?.on('data', (chunk) => {
        output += String(chunk);
        if (output.includes('Ctrl+C')) resolve(output);
      });
      void cli.ended.then(({ stderr }) => reject(new Error(`postern open ended: ${stderr}`)));
    });
    await page.goto(/http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(printed)?.[0] ?? '');
    return { cli, printed };
  }

  async function close(cli: Cli): Promise<void> {
    cli.process.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
  }

  async function seal(): Promise<void> {
    const { cli, printed } = await openConsole();
    expect(printed).toContain('is not open: no agent can connect');
    await page.getByRole('heading', { name: 'These settings are not sealed' }).waitFor();
    expect(await listens(port)).toBe(false);
    await page.getByText('agents[claude]').waitFor();
    await page.getByLabel('New passphrase').fill(passphrase);
    await page.getByLabel('Once more').fill(passphrase);
    await page.getByRole('button', { name: 'They are right: seal them' }).click();
    await page.getByText('Nothing waits for you').waitFor();
    expect(await listens(port)).toBe(true);
    await close(cli);
  }

  const edit = async (): Promise<void> => {
    const text = await readFile(settings, 'utf8');
    await writeFile(settings, text.replace('"policy":"production"', '"policy":"observe"'));
    expect(await readFile(settings, 'utf8')).not.toBe(text);
  };
  const gateOpen = () => page.getByText('Nothing waits for you').waitFor();

  test('is sealed by the operator at the console, and a change from outside is put back there', async () => {
    await seal();
    await edit();
    const { cli, printed } = await openConsole(given);
    expect(printed).toContain('~ settings.json  connections[orders].policy  "production"  →  "observe"');
    await page.getByRole('heading', { name: 'Something was changed from outside' }).waitFor();
    const difference = page.getByRole('region', { name: 'Difference' }).getByRole('listitem');
    expect(await difference.allInnerTexts()).toEqual([
      expect.stringMatching(
        /changed\s+settings\.json\s+connections\[orders\]\.policy\s+sealed\s+"production"\s+found\s+"observe"/,
      ),
    ]);
    expect(await listens(port)).toBe(false);
    await page.getByRole('button', { name: 'Put back what was sealed' }).click();
    await gateOpen();
    expect([await listens(port), await readFile(settings, 'utf8')]).toEqual([
      true,
      expect.stringContaining('"policy":"production"'),
    ]);
    await page.goto(`${new URL(page.url()).origin}/#/settings`);
    await page
      .getByRole('region', { name: 'Seal' })
      .getByText(/Sealed with your passphrase/)
      .waitFor();
    await close(cli);
  });

  test('with a change that is accepted opens with it, after the passphrase', async () => {
    await seal();
    await edit();
    const { cli } = await openConsole(given);
    await page.getByLabel('Passphrase of the seal').fill('wrong horse battery');
    await page.getByRole('button', { name: 'Accept what is there' }).click();
    await page.getByText('This is not the passphrase of the seal.').waitFor();
    await page.getByLabel('Passphrase of the seal').fill(passphrase);
    await page.getByRole('button', { name: 'Accept what is there' }).click();
    await gateOpen();
    await close(cli);
    const { cli: again, printed } = await openConsole(given);
    expect(printed).toContain('is open on');
    await close(again);
  });

  test('that changes again while the operator looks is shown anew, and nothing was decided', async () => {
    await seal();
    await edit();
    const { cli } = await openConsole(given);
    await page.getByText('connections[orders].policy').waitFor();
    await writeFile(settings, (await readFile(settings, 'utf8')).replace('db.internal', 'db.example.net'));
    await page.getByRole('button', { name: 'Put back what was sealed' }).click();
    await page.getByText('connections[orders].upstream.host').waitFor();
    expect(await listens(port)).toBe(false);
    await page.getByRole('button', { name: 'Quit, and leave everything as it is' }).click();
    expect(await cli.ended).toMatchObject({ code: 2, stderr: expect.stringContaining('[seal_quit]') });
    expect(await readFile(settings, 'utf8')).toContain('db.example.net');
  });

  test('without its passphrase asks for it at the console', async () => {
    await seal();
    const { cli } = await openConsole();
    await page.getByLabel('Passphrase').fill(passphrase);
    await page.keyboard.press('Enter');
    await gateOpen();
    await close(cli);
  });

  test('ends with the wrong passphrase, and by a signal while it asks', async () => {
    await seal();
    const wrong = start(['open', '--console', '--data-folder', folder], { POSTERN_PASSPHRASE: 'wrong horse battery' });
    expect(await wrong.ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('[passphrase_wrong]'),
    });
    const { cli } = await openConsole();
    cli.process.kill('SIGTERM');
    expect((await cli.ended).code).toBe(2);
  });
});

describe('a configuration file', () => {
  const config = {
    dataFolder: 'data',
    listeners: [{ port: 0 }],
    connections: [
      {
        name: 'people',
        upstream: { host: 'db.internal', database: 'people', user: 'app', credential: { from: 'none' } },
      },
    ],
    agents: [{ name: 'claude', key: { hash: 'ab'.repeat(32) }, connections: ['people'] }],
  };
  const run = (args: readonly string[], environment: Record<string, string> = given) => start(args, environment).ended;
  const serve = (path: string, ...more: string[]) => ['serve', '--config', path, '--no-console', ...more];

  async function sealedFile(): Promise<string> {
    const { path } = await configFile(config);
    expect(await run(['seal', 'accept', path])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is what was sealed: number 1'),
    });
    return path;
  }
  const edit = async (path: string): Promise<void> =>
    writeFile(path, (await readFile(path, 'utf8')).replace('db.internal', 'db.example.net'));

  test('is served when it is what was sealed, with the passphrase over a descriptor too', async () => {
    const path = await sealedFile();
    const byVariable = start(serve(path), given);
    expect(JSON.parse(await byVariable.firstLine)).toMatchObject({ ready: true });
    byVariable.process.kill('SIGTERM');
    await byVariable.ended;
    const byDescriptor = start(serve(path, '--passphrase-fd', '3'), {}, ['pipe']);
    const pipe = byDescriptor.process.stdio[3];
    if (pipe === null || pipe === undefined || !('end' in pipe)) throw new Error('no pipe');
    pipe.end(`${passphrase}\n`);
    expect(JSON.parse(await byDescriptor.firstLine)).toMatchObject({ ready: true });
  });

  test('that was changed is refused with the difference and what to do, until it is decided', async () => {
    const path = await sealedFile();
    await edit(path);
    expect(await run(serve(path))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `postern: ${path}, or what is sealed with it, was changed since it was sealed.
  ~ postern.json  connections[people].upstream.host  "db.internal"  →  "db.example.net"
  Nothing was opened and nothing was changed. \`postern seal accept ${path}\` seals what is there, \`postern seal restore ${path}\` puts back what was sealed. [seal_broken]
`,
    });
    expect(await run(['seal', 'status', path])).toMatchObject({ code: 1 });
    expect(await run(['seal', 'show', path])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('"db.internal"  →  "db.example.net"'),
    });
    expect(await run(['seal', 'restore', path])).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toBe(JSON.stringify(config));
    expect(await run(['seal', 'status', path])).toMatchObject({ code: 0 });
    await edit(path);
    expect(await run(['seal', 'accept', path])).toMatchObject({ code: 0 });
    expect(JSON.parse(await start(serve(path), given).firstLine)).toMatchObject({ ready: true });
  });

  test('without the passphrase is refused, and with a wrong one', async () => {
    const path = await sealedFile();
    expect(await run(serve(path), {})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[passphrase_missing]'),
    });
    expect(await run(serve(path), { POSTERN_PASSPHRASE: 'wrong horse battery' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[passphrase_wrong]'),
    });
  });

  test('whose seal was removed is refused as long as journals, --sealed or a passphrase speak of one', async () => {
    const path = await sealedFile();
    await rm(`${path}.seal`);
    expect(await run(serve(path), {})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('was sealed, and the seal is gone'),
    });
    await rm(join(path, '..', 'data', 'journal'), { recursive: true });
    for (const [args, environment] of [
      [serve(path, '--sealed'), {}],
      [serve(path), given],
    ] as const) {
      expect(await run(args, environment)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('is not sealed.'),
      });
    }
  });

  test('without a seal is served as before, and says so in the log', async () => {
    const { path } = await configFile(config);
    const cli = start(serve(path), {});
    await cli.firstLine;
    cli.process.kill('SIGTERM');
    expect((await cli.ended).stderr).toContain('the configuration file is not sealed');
  });
});
