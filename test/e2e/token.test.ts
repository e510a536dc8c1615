import pg from 'pg';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../renderer/harness/browser.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { asPerson, signIn } from '../support/oidc-person.ts';
import { audience, program, service, startOidcProvider, type TestOidcProvider } from '../support/oidc-provider.ts';
import { type Cli, configFile, startCli } from './support/cli.ts';

let database: TestDatabase;
let oidc: TestOidcProvider;
let browser: Browser;
let started: Cli[] = [];
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int); INSERT INTO item VALUES (7)');
  oidc = await startOidcProvider({
    groups: { ada: ['engineers'], mallory: ['sales'], [service.clientId]: ['engineers'] },
  });
  browser = await launchChromium();
});
beforeEach(() => {
  started = [];
});
afterEach(async () => {
  for (const { process: child, ended } of started) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(async () => {
  await browser.close();
  await oidc.stop();
  await database.drop();
});

/** A configuration with no agent key at all: only whoever the provider vouches for comes in. */
async function configured(client: object): Promise<string> {
  const { host, port, name, user } = database;
  const upstream = {
    host,
    port,
    database: name,
    user,
    sslmode: 'disable',
    credential: { from: 'environment', variable: 'PASSWORD' },
  };
  const { path } = await configFile({
    dataFolder: 'data',
    listeners: [{ port: 0 }],
    connections: [{ name: 'shop', upstream }],
    identityProviders: [
      {
        name: 'acme',
        issuer: oidc.issuer,
        audience,
        grants: [{ groups: ['engineers'], connections: ['shop'], scope: { readOnly: true } }],
        client: { parameters: { resource: audience }, ...client },
      },
    ],
  });
  return path;
}

function start(args: readonly string[], environment: Record<string, string> = {}): Cli {
  const cli = startCli(args, environment);
  started.push(cli);
  return cli;
}

/** What the command says to the person, as far as `pattern` matches it. */
async function said(cli: Cli, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    cli.process.stderr?.on('data', (chunk) => {
      text += String(chunk);
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void cli.ended.then(() => reject(new Error(`it ended and had said: ${text}`)));
  });
}

async function throughTheGate(path: string, token: string): Promise<unknown> {
  const gate = start(['serve', '--config', path, '--no-console'], { PASSWORD: database.password });
  const { listeners } = JSON.parse(await gate.firstLine) as { listeners: { port: number }[] };
  const agent = new pg.Client({
    host: '127.0.0.1',
    port: listeners[0]?.port ?? 0,
    user: 'any',
    database: 'shop',
    password: token,
  });
  agent.on('error', () => undefined);
  await agent.connect();
  try {
    await expect(agent.query('DELETE FROM item')).rejects.toMatchObject({ code: '42501' });
    return (await agent.query('SELECT id FROM item')).rows;
  } finally {
    await agent.end();
  }
}

test('a person signs in in the browser, and the token on standard output opens the gate', async () => {
  const path = await configured({ clientId: program.clientId });
  const command = start(['token', '--connection', 'shop', '--config', path]);
  const address = await said(command, /Sign in at (\S+)/);
  expect(new URL(address).searchParams.get('code_challenge_method')).toBe('S256');
  await asPerson(browser, async (page) => {
    await page.goto(address);
    await signIn(page, 'ada');
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
  });
  const { code, stdout } = await command.ended;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)]);
  expect(await throughTheGate(path, stdout.trim())).toEqual([{ id: 7 }]);
});

test('a person without the group is told so at the terminal, and nothing is printed', async () => {
  const command = start([
    'token',
    '--connection',
    'shop',
    '--config',
    await configured({ clientId: program.clientId }),
  ]);
  const address = await said(command, /Sign in at (\S+)/);
  await asPerson(browser, async (page) => {
    await page.goto(address);
    await signIn(page, 'mallory');
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
  });
  const { code, stdout, stderr } = await command.ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/no grant of acme gives shop to subject mallory, client postern, groups sales/);
});

test('a person who says no ends the command with the provider’s words', async () => {
  const command = start([
    'token',
    '--connection',
    'shop',
    '--config',
    await configured({ clientId: program.clientId }),
  ]);
  const address = await said(command, /Sign in at (\S+)/);
  await asPerson(browser, async (page) => {
    await page.goto(address);
    await page.getByRole('link', { name: /cancel/i }).click();
    await page.getByRole('heading', { name: 'Sign-in refused' }).waitFor();
  });
  expect((await command.ended).stderr).toMatch(/acme gave no token: access_denied/);
});

test('on another device, by a code', async () => {
  const path = await configured({ clientId: program.clientId, flow: 'device_code' });
  const command = start(['token', '--connection', 'shop', '--config', path]);
  const address = await said(command, /or open (\S+)/);
  await asPerson(browser, async (page) => {
    await page.goto(address);
    await page.getByRole('button', { name: 'Continue' }).click();
    await signIn(page, 'ada');
  });
  const { code, stdout } = await command.ended;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^eyJ/)]);
});

test('a service account needs nobody', async () => {
  const client = {
    clientId: service.clientId,
    flow: 'client_credentials',
    secret: { from: 'environment', variable: 'SECRET' },
  };
  const path = await configured(client);
  const { code, stdout, stderr } = await start(['token', '--connection', 'shop', '--config', path], {
    SECRET: service.secret,
  }).ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(await throughTheGate(path, stdout.trim())).toEqual([{ id: 7 }]);
});

test('ended by a signal, it says so and prints nothing', async () => {
  const command = start([
    'token',
    '--connection',
    'shop',
    '--config',
    await configured({ clientId: program.clientId }),
  ]);
  await said(command, /Sign in at (\S+)/);
  command.process.kill('SIGTERM');
  expect(await command.ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/gave no token: ended by SIGTERM/),
  });
});
