import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeDesk } from './fake-desk.ts';
import { launchChromium } from './harness/browser.ts';
import { serveHarness } from './harness/serve.ts';

declare const window: Window & { fake: FakeDesk };

vi.setConfig({ testTimeout: 30_000 }); // a browser on a busy machine

let harness: Awaited<ReturnType<typeof serveHarness>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  [harness, browser] = await Promise.all([serveHarness('production'), launchChromium()]);
  context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await harness?.close();
});
beforeEach(async () => {
  errors.length = 0;
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
});
afterEach(async () => {
  await page.close();
  expect(errors).toEqual([]);
});

const open = (path: string) => page.goto(`${harness.url}${path}`);
const card = (name: string) => page.getByRole('article', { name: `Identity provider ${name}` });
const configOf = (name: string) =>
  page.evaluate(
    async (wanted) =>
      (await window.fake.handlers['identity.list']({})).providers.find(({ config }) => config.name === wanted)?.config,
    name,
  );

describe('identity providers', () => {
  it('are added with the keyboard alone, once every field says nothing more', async () => {
    await open('#/connections');
    await page.getByRole('article', { name: 'Connection demo', exact: true }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.getByRole('button', { name: 'Add provider' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Add an identity provider' });
    await page.keyboard.type('corp');
    await page.keyboard.press('Tab');
    await page.keyboard.type('https://login.acme.example/realms/main');
    await page.keyboard.press('Enter');
    await dialog.getByText('Some fields need another look.').waitFor();
    expect(
      await dialog.locator('[aria-invalid]').evaluateAll((fields) => fields.map((field) => field.id)),
    ).toHaveLength(2);
    await dialog.getByText('https://login.acme.example/realms/main has another entry already').waitFor();
    await dialog.getByText('give groups, subjects or clients: a grant to everybody').waitFor();
    await dialog.getByText('Choose at least one').waitFor();

    await dialog.getByLabel('Issuer').fill('https://id.corp.example');
    await dialog.getByLabel('Audience').fill('postern');
    await dialog.getByLabel('Groups', { exact: true }).fill('CN=Data,OU=Teams\n\n  ops ');
    await dialog.getByRole('checkbox', { name: 'shop', exact: true }).check();
    await dialog.getByLabel('Only read').check();
    await dialog.getByLabel('Schemas').fill('public, sales_*');
    await dialog.getByLabel('When a token expires').selectOption('at_once');
    await dialog.getByLabel('Sign in at this provider').check();
    await dialog.getByLabel('Client id').fill('postern');
    await dialog.getByLabel('More parameters').fill('resource=https://postern.corp.example/?a=b');
    await dialog.getByRole('button', { name: 'Save' }).first().click();
    await dialog.waitFor({ state: 'detached' });
    await card('corp').waitFor();
    expect(await configOf('corp')).toMatchObject({
      name: 'corp',
      issuer: 'https://id.corp.example',
      audience: 'postern',
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      atExpiry: 'at_once',
      grants: [
        {
          groups: ['CN=Data,OU=Teams', 'ops'],
          connections: ['shop'],
          scope: { readOnly: true, schemas: ['public', 'sales_*'] },
        },
      ],
      client: { clientId: 'postern', parameters: { resource: 'https://postern.corp.example/?a=b' } },
    });
  });

  it('are changed without losing what is not touched, and removed after a question', async () => {
    await open('#/connections/identity');
    const before = await configOf('acme');
    await card('acme').getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Remove grant 1' }).click();
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await configOf('acme')).toEqual({ ...before, grants: before?.grants.slice(1) });
    await card('acme').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Remove provider' }).click();
    await card('acme').waitFor({ state: 'detached' });
  });

  it('say what a test found, keys included', async () => {
    await open('#/connections/identity');
    await card('acme').getByRole('button', { name: 'Test' }).click();
    await card('acme').getByText('It answers, and its tokens can be checked.').waitFor();
    const keys = await card('acme').getByRole('list', { name: 'Keys' }).getByRole('listitem').allInnerTexts();
    expect(keys.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      '2026-10 EC P-256, signs with ES256',
      'enc-1 RSA, for "enc", not for signatures',
    ]);
  });

  it('of a configuration file are looked at and signed in to, not changed', async () => {
    await open('?file#/connections/identity');
    await card('acme').getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: /Edit|Remove|Add provider/ }).count()).toBe(0);
  });
});

it('a token that is tried is refused with its reason, or taken with what it opens', async () => {
  await open('#/connections/identity');
  await page.getByRole('button', { name: 'Try a token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Try a token' });
  await dialog.getByLabel('Access token').fill('eyJexpired.e30.x');
  await dialog.getByRole('button', { name: 'Try', exact: true }).first().click();
  await dialog
    .getByText('It is refused: the token expired at 2026-11-28T11:58:03.000Z. The agent hears none of this.')
    .waitFor();
  await dialog.getByText('What it says of itself; nothing of it is proven').waitFor();
  await dialog.getByLabel('Access token').fill('eyJgood.e30.x');
  expect(await dialog.getByText('It is refused').count()).toBe(0);
  await dialog.getByRole('button', { name: 'Try', exact: true }).first().click();
  await dialog.getByText('It is taken.').waitFor();
  expect((await dialog.getByLabel('Who it is').innerText()).replaceAll(/\s+/g, ' ')).toBe(
    'subject acme:ada agent acme:claude-code groups engineers shop by grant 2: reads only; schemas public, sales_*',
  );
});

describe('a sign-in', () => {
  it('begins here, waits for the browser, and says who it is', async () => {
    await open('?keychain#/connections/identity');
    expect(
      await card('acme')
        .getByRole('checkbox', { name: /Stay signed in after a restart/ })
        .isChecked(),
    ).toBe(false);
    await card('acme').getByRole('button', { name: 'Sign in', exact: true }).click();
    const link = card('acme').getByRole('link', { name: 'Open the sign-in of acme' });
    expect([await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual([
      expect.stringMatching(/^https:\/\/login\.acme\.example\//),
      'noopener noreferrer',
    ]);
    await page.evaluate(() =>
      window.fake.identity.setSignIn('acme', {
        ...{ state: 'signed_in', subject: 'acme:ada', agent: 'acme:postern', groups: ['dba'], connections: ['shop'] },
        ...{ since: Date.now(), kept: 'memory', endsAt: null },
      }),
    );
    await card('acme').getByText('Signed in as acme:ada with the program acme:postern').waitFor();
    await card('acme').getByRole('button', { name: 'Sign out' }).click();
    await card('acme').getByText('acme was not told: it has no revocation endpoint.').waitFor();
  });

  it('on another device shows the code, and can be given up', async () => {
    await open('#/connections/identity');
    await card('acme').getByRole('button', { name: 'Sign in on another device' }).click();
    await card('acme').getByText('WDJB-MJHT').waitFor();
    await card('acme').getByRole('button', { name: 'Cancel' }).click();
    await card('acme').getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  });
});

describe('a program that asks for a token', () => {
  const asked = () => page.getByRole('region', { name: 'Token for shop' });
  const answers = () => page.evaluate(() => window.fake.identity.answers);

  it('is shown on every screen, with its code and with what else the token opens, and is told to a screen reader', async () => {
    await open('?asking#/reports');
    await asked().getByText('K7QM').waitFor();
    expect(await asked().innerText()).toMatch(
      /would speak for acme:ada, by your sign-in at acme, and open shop-staging as well/,
    );
    expect(await page.getByRole('status').last().innerText()).toBe('A program asks for a token for shop, code K7QM');
  });

  it('cannot be answered by a click that was meant for something else', async () => {
    // A click that comes in the moment in which the buttons do.
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        const button = [...document.querySelectorAll('button')].find(({ innerText }) => innerText === 'Give the token');
        if (button === undefined) return;
        observer.disconnect();
        button.click();
      }).observe(document, { childList: true, subtree: true });
    });
    await open('?asking#/approvals');
    await asked().locator('[data-armed=true]').waitFor();
    expect(await answers()).toEqual([]);
  });

  it.each([
    ['Refuse', false],
    ['Give the token', true],
  ])('is answered by %s', async (name, give) => {
    await open('?asking#/sessions');
    await asked().locator('[data-armed=true]').waitFor();
    await asked().getByRole('button', { name }).click();
    await asked().waitFor({ state: 'detached' });
    expect(await answers()).toEqual([{ id: 't-1', give }]);
  });
});

describe('as whom sessions run', () => {
  const connection = (name: string) => page.getByRole('article', { name: `Connection ${name}`, exact: true });

  it('stands on each connection, and what a login can do that no proxy holds back', async () => {
    await open('#/connections');
    await connection('shop')
      .getByText('All sessions log in as shop_app: the database’s log cannot tell agents apart.')
      .waitFor();
    await connection('shop-staging')
      .getByText(
        'Each session logs in as a role of its own, with rights in the schemas public, sales_*, 30 s for a statement',
      )
      .waitFor();
    await connection('demo').getByText('A proxy alone cannot make such a login safe').waitFor();
  });

  it('is chosen in the dialog of the connection', async () => {
    await open('#/connections');
    await connection('shop').getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Sessions log in as').selectOption('just_in_time');
    await page.getByLabel('Schemas that it may use').fill('public');
    await page.getByLabel('Member of').fill('pg_monitor');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByText('roles of the server give too much').waitFor();
    await page.getByLabel('Member of').fill('reporting');
    await page.getByLabel('Lock timeout').fill('5');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await connection('shop')
      .getByText('rights in the schemas public, membership in reporting, 5 s for a lock')
      .waitFor();
  });

  it('stands in the session, with subject, groups and the end of its token', async () => {
    await open('#/sessions/s-live-1');
    await page
      .getByText(
        /as postern_s_claude_code_8f21c0de77ab3c10, a role of its own · subject agent:claude-code · groups engineers · token of https:\/\/login.acme.example\/realms\/main, which ends the session at/,
      )
      .waitFor();
  });
});

it('the address of a connection that a provider grants comes with lines that get a token when they run', async () => {
  await open('#/connections');
  await page
    .getByRole('article', { name: 'Connection shop', exact: true })
    .getByRole('button', { name: 'Agent address' })
    .click();
  const lines = page.getByRole('region', { name: 'With a token of acme: shop' });
  await lines
    .getByText("PGPASSWORD=$(postern token --connection shop) psql 'postgresql://token@127.0.0.1:7432/shop'")
    .waitFor();
  await lines.getByRole('button', { name: 'Copy psql' }).focus();
});
