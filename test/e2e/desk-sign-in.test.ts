import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../renderer/harness/browser.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { signIn } from '../support/oidc-person.ts';
import { audience, program, startOidcProvider, type TestOidcProvider } from '../support/oidc-provider.ts';
import { type Cli, configFile, startCli } from './support/cli.ts';

// The product as its operator has it: a gate with its console, a real provider, a real browser, and a program that wants a token.
let database: TestDatabase;
let oidc: TestOidcProvider;
let browser: Browser;
let context: BrowserContext;
let desk: Page;
let gate: Cli;
let path: string;
let port: number;

beforeAll(async () => {
  [database, oidc, browser] = await Promise.all([
    createDatabase('CREATE TABLE item (id int); INSERT INTO item VALUES (7)'),
    startOidcProvider({ groups: { ada: ['engineers'] } }),
    launchChromium(),
  ]);
  const { host, name, user } = database;
  const credential = { from: 'environment', variable: 'PASSWORD' };
  const upstream = { host, port: database.port, database: name, user, sslmode: 'disable', credential };
  ({ path } = await configFile({
    dataFolder: 'data',
    listeners: [{ port: 0 }],
    connections: [{ name: 'shop', upstream }],
    identityProviders: [
      {
        ...{ name: 'acme', issuer: oidc.issuer, audience },
        grants: [{ groups: ['engineers'], connections: ['shop'] }],
        client: { clientId: program.clientId, parameters: { resource: audience } },
      },
    ],
  }));
  gate = startCli(['serve', '--config', path], { PASSWORD: database.password });
  const ready = JSON.parse(await gate.firstLine) as { listeners: { port: number }[]; console: { url: string } };
  port = ready.listeners[0]?.port ?? 0;
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(15_000);
  desk = await context.newPage();
  await desk.goto(ready.console.url);
  await desk.getByText('Nothing waits for you').waitFor();
});
afterAll(async () => {
  await browser?.close();
  gate?.process.kill('SIGTERM');
  await gate?.ended;
  await oidc?.stop();
  await database?.drop();
});

/** `postern token`, and what it says to the person, as far as `pattern` matches it. */
async function token(pattern: RegExp): Promise<{ readonly said: string; readonly ended: Cli['ended'] }> {
  const command = startCli(['token', '--connection', 'shop', '--config', path]);
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    command.process.stderr?.on('data', (chunk) => {
      text += String(chunk);
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void command.ended.then(() => reject(new Error(`it ended and had said: ${text}`)));
  });
  return { said, ended: command.ended };
}

const asked = () => desk.getByRole('region', { name: 'Token for shop' });
async function answer(name: string): Promise<void> {
  await asked().locator('[data-armed=true]').waitFor();
  await asked().getByRole('button', { name }).click();
}

async function everyFile(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const texts = await Promise.all(
    names.map(async (name) =>
      (await stat(join(folder, name))).isFile() ? readFile(join(folder, name), 'latin1') : '',
    ),
  );
  return texts.join('\n');
}

test('while nobody is signed in at the desk, postern token signs in by itself', async () => {
  const { said, ended } = await token(/Sign in at (\S+)/);
  expect(said).toMatch(/^http:\/\/127\.0\.0\.1/);
  await context.request.get(
    `${new URL(new URL(said).searchParams.get('redirect_uri') ?? '').origin}/callback?error=access_denied&state=${new URL(said).searchParams.get('state')}&iss=${encodeURIComponent(oidc.issuer)}`,
  );
  expect((await ended).code).toBe(1);
});

test('the operator signs in from the desk, and a program gets a token when the operator gives it', async () => {
  await desk.getByRole('link', { name: /^Connections/ }).click();
  await desk.getByRole('link', { name: 'Identity', exact: true }).click();
  const card = desk.getByRole('article', { name: 'Identity provider acme' });
  await card.getByRole('button', { name: 'Sign in', exact: true }).click();
  const [provider] = await Promise.all([
    context.waitForEvent('page'),
    card.getByRole('link', { name: 'Open the sign-in of acme' }).click(),
  ]);
  await signIn(provider, 'ada');
  await provider.getByRole('heading', { name: 'Signed in' }).waitFor();
  await provider.close();
  await card.getByText('Signed in as acme:ada with the program acme:postern').waitFor();

  const first = await token(/with the code (\w{4}) there/);
  await asked().getByText(first.said).waitFor();
  await answer('Give the token');
  const { code, stdout } = await first.ended;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)]);

  const agent = new pg.Client({ host: '127.0.0.1', port, user: 'token', database: 'shop', password: stdout.trim() });
  await agent.connect();
  expect((await agent.query('SELECT id FROM item')).rows).toEqual([{ id: 7 }]);
  await desk.getByRole('link', { name: /^Sessions/ }).click();
  await desk.getByText('acme:postern').first().click();
  await desk
    .getByText(new RegExp(`subject acme:ada · groups engineers · token of ${oidc.issuer}, which ends the session`))
    .waitFor();
  await agent.end();
});

test('a token that the operator refuses is not given', async () => {
  const { ended } = await token(/with the code (\w{4}) there/);
  await answer('Refuse');
  expect(await ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('No token for shop: the operator refused.'),
  });
});

test('every token asked for is in the gate’s journal; no refresh token is anywhere in the data folder', async () => {
  const written = await everyFile(join(dirname(path), 'data'));
  for (const event of ['signed_in', 'token_given', 'token_refused']) expect(written).toContain(`"event":"${event}"`);
  expect(oidc.refreshTokens.length).toBeGreaterThan(1);
  for (const secret of oidc.refreshTokens) expect(written).not.toContain(secret);
  expect(written).not.toContain('eyJ');
});

test('after the sign-out there is nothing left to give', async () => {
  await desk.getByRole('link', { name: /^Connections/ }).click();
  await desk.getByRole('link', { name: 'Identity', exact: true }).click();
  await desk.getByRole('button', { name: 'Sign out' }).click();
  await desk.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  const { ended, said } = await token(/Sign in at (\S+)/);
  expect(said).toContain('code_challenge_method=S256');
  const redirect = new URL(said).searchParams;
  await context.request.get(
    `${redirect.get('redirect_uri')}?error=access_denied&state=${redirect.get('state')}&iss=${encodeURIComponent(oidc.issuer)}`,
  );
  expect((await ended).stdout).toBe('');
});
