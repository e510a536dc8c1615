import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeDesk } from './fake-desk.ts';
import { launchChromium } from './harness/browser.ts';
import { serveHarness } from './harness/serve.ts';

declare const window: Window & { fake: FakeDesk };

vi.setConfig({ testTimeout: 30_000 }); // a browser on a busy machine; each takes about a second alone

let harness: Awaited<ReturnType<typeof serveHarness>>;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  [harness, browser] = await Promise.all([serveHarness('production'), launchChromium()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await harness?.close();
});
beforeEach(async () => {
  errors.length = 0;
  page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    acceptDownloads: true,
  });
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${harness.url}#/rules/shop`);
});
afterEach(async () => {
  await page.close();
  expect(errors).toEqual([]);
});

const rule = (id: string) => page.getByRole('listitem', { name: `Rule ${id}`, exact: true });
const button = (name: string) => page.getByRole('button', { name, exact: true });
const savedRules = () =>
  page.evaluate(async () => (await window.fake.handlers['connections.list']({}))[0]?.config.maskRules ?? []);
const saved = async () => {
  await page.getByText('Not saved').waitFor({ state: 'detached' });
  return savedRules();
};

const addRule = async (table: string, column: string) => {
  await button('Add rule').click();
  const row = page.getByRole('region', { name: 'Mask rules' }).locator('ol > li').last();
  await row.getByLabel('Table', { exact: true }).fill(table);
  await row.getByLabel('Column', { exact: true }).fill(column);
  return row;
};

describe('a mask rule', () => {
  it('says how often it masked something and when last', async () => {
    await rule('mask-customers-email').getByText('41 hits, 2 min ago').waitFor();
    await rule('mask-customers-national_id').getByText('no hit since Postern started').waitFor();
  });

  it('that is typed says when another comes first with its columns, and masks once it is moved before that', async () => {
    const row = await addRule('customers', 'e*');
    await row.getByText('Masks nothing').waitFor();
    await row
      .getByText('public.customers.email: mask-customers-email comes first and masks as “E-mail”, not as “Full”')
      .waitFor();
    for (let place = 0; place < 4; place++) await button('Move mask up').click();
    await rule('mask').getByText('1 column by itself').waitFor();
    await rule('mask-customers-email').getByText('Masks nothing').waitFor();
    await button('Save').click();
    expect((await saved()).map(({ id }) => id).slice(0, 2)).toEqual(['mask', 'mask-customers-email']);
  });

  it('that fits no column says so', async () => {
    const row = await addRule('customers', 'no_such');
    await row.getByText('Fits no column of this database').waitFor();
  });

  it('lists every column that it reaches, with the reason, on each connection, from the keyboard', async () => {
    const which = page.getByRole('button', { name: 'Which columns does mask-customers-email reach' });
    await which.focus();
    await page.keyboard.press('Enter');
    const list = page.getByRole('region', { name: 'Columns that mask-customers-email reaches' });
    await list.getByText('holds a copy').waitFor();
    expect(await list.getByRole('heading').allInnerTexts()).toEqual([
      'shop: 4 columns',
      'shop-staging, if it stood there: not known',
      'demo, if it stood there: no column',
    ]);
    expect(await list.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^public\.customers\.email\s+text\s+fits the rule$/),
      expect.stringMatching(/^public\.order_overview\.customer\s+text\s+view of it; mask-customers-name comes first$/),
      expect.stringMatching(/^public\.customers_2026\.email\s+text\s+partition$/),
      expect.stringMatching(/^public\.customers_backup\.contact\s+text\s+holds a copy$/),
    ]);
    await list.getByText('Connection shop-staging needs its password.').waitFor();
  });

  it('has a level for what it may steer, and none once its column is withheld', async () => {
    const level = rule('mask-customers-email').getByLabel('When it steers a result');
    await level.selectOption('refuse');
    await rule('mask-customers-phone').getByLabel('When it steers a result').selectOption('open');
    await rule('mask-customers-phone').getByLabel('Masker').selectOption('withhold');
    expect(await rule('mask-customers-phone').getByLabel('When it steers a result').count()).toBe(0);
    await button('Save').click();
    const [email, phone] = await saved();
    expect(email?.probes).toBe('refuse');
    expect(phone).toMatchObject({ masker: { kind: 'withhold' } });
    expect(phone).not.toHaveProperty('probes');
    await page.getByText('not there').first().waitFor();
  });
});

it('the values that a session may compare with are a number of the connection', async () => {
  const field = page.getByLabel('Comparisons with masked columns, per session');
  await field.fill('-1');
  expect(await button('Save comparisons').isDisabled()).toBe(true);
  await field.fill('5');
  await field.press('Enter');
  await button('Save comparisons').waitFor({ state: 'detached' });
  const number = await page.evaluate(
    async () => (await window.fake.handlers['connections.list']({}))[0]?.config.maskedComparisons,
  );
  expect(number).toBe(5);
});

it('each save is taken back by itself, the last one first', async () => {
  const before = await savedRules();
  for (const column of ['one', 'two']) {
    await addRule('customers', column);
    await button('Save').click();
    await button('Undo the last save').waitFor();
  }
  expect((await savedRules()).length).toBe(before.length + 2);
  await button('Undo the last save').click();
  await page.getByText(`${before.length + 1} rules`).waitFor();
  await button('Undo the last save').click();
  await button('Undo the last save').waitFor({ state: 'detached' });
  expect(await savedRules()).toEqual(before);
});

describe('rules in a file', () => {
  const file = (maskRules: unknown) => JSON.stringify({ format: 'postern-mask-rules', version: 1, maskRules });
  const openFile = () => button('Import, export').click();

  it('come out as they go in', async () => {
    await openFile();
    const [download] = await Promise.all([page.waitForEvent('download'), button('Save as a file').click()]);
    expect(download.suggestedFilename()).toBe('postern-mask-rules-shop.json');
    await page.getByLabel('File with mask rules').setInputFiles(await download.path());
    await page.getByText('0 added, 0 changed, 4 the same, 0 kept.').waitFor();
  });

  it('are refused whole, each fault with its place', async () => {
    await openFile();
    await page.getByLabel('Or its text').fill(file([{ id: 'a', tabel: 'x', column: 'y', masker: { kind: 'full' } }]));
    await page.getByText('maskRules[0].tabel: there is no such field').waitFor();
    expect(await button('Put into the draft').isDisabled()).toBe(true);
    await page.getByLabel('Or its text').fill('{"format":"postern-mask-rules","version":2,"maskRules":[]}');
    await page.getByText(/^version: /).waitFor();
  });

  it('are merged without losing any, or replace what is there; both only once they are saved', async () => {
    const email = { id: 'mask-customers-email', table: 'customers', column: 'email', masker: { kind: 'hash' } };
    const added = { id: 'new', table: 'orders', column: 'status', masker: { kind: 'full' } };
    await openFile();
    await page.getByLabel('Or its text').fill(file([email, added]));
    await page.getByText('1 added, 1 changed, 0 the same, 3 kept.').waitFor();
    await button('Put into the draft').click();
    expect((await savedRules()).length).toBe(4);
    await button('Save').click();
    expect((await saved()).map(({ id, masker }) => `${id} ${masker.kind}`)).toEqual([
      'mask-customers-email hash',
      'mask-customers-phone phone',
      'mask-customers-national_id full',
      'mask-payments-card partial',
      'new full',
    ]);
    await openFile();
    await page.getByLabel('Or its text').fill(file([added]));
    await page.getByLabel('How').selectOption('replace');
    await page.getByText('0 added, 0 changed, 1 the same, 4 removed.').waitFor();
    await button('Put into the draft').click();
    await button('Save').click();
    expect((await saved()).map(({ id }) => id)).toEqual(['new']);
    await button('Undo the last save').click();
    await page.getByText('5 rules').waitFor();
  });
});

it('a statement that is tested shows each column of its result with its sources and why it is masked', async () => {
  const panel = page.getByRole('region', { name: 'Test a statement' });
  await panel.getByLabel('Statement', { exact: true }).fill('select id, email from customers');
  await panel.getByRole('button', { name: 'Test', exact: true }).click();
  await panel.getByText('the column customers.email itself').waitFor();
  expect(
    await panel.getByRole('list', { name: 'Columns of the result' }).getByRole('listitem').allInnerTexts(),
  ).toEqual([
    expect.stringMatching(/^id\s+shown\s+no masked column goes into it$/),
    expect.stringMatching(/^email\s+masked \(email\) by mask-customers-email\s+the column customers\.email itself$/),
    expect.stringMatching(
      /^domain\s+masked whole\s+computed from customers\.email · customers\.email is masked \(email\) by mask-customers-email$/,
    ),
    expect.stringMatching(/^a column without a name of its own\s+masked whole\s+what it is made from cannot be told/),
  ]);
  await panel.getByText('customers.email is compared with 2 given values (level equality').waitFor();
});

it('a column that holds copies is masked until the operator says otherwise, after a question', async () => {
  const card = page.getByRole('region', { name: 'Copied columns' });
  await card.getByText('from customers.email, customers.phone').waitFor();
  const forget = card.getByRole('button', { name: 'public.customers_backup.contact no longer holds copies' });
  await forget.click();
  await button('Keep').click();
  await forget.click();
  await button('It holds none: show it').click();
  await card.waitFor({ state: 'detached' });
});

it('a renamed column is named in its rule again, or shown after a question', async () => {
  const card = page.getByRole('region', { name: 'Renamed columns' });
  await card.getByText('was customers.phone, is now customers.telephone, still masked').waitFor();
  await card.getByText('by mask-customers-phone, in database shop').waitFor();
  await card.getByRole('button', { name: 'Name it in the rule: customers.telephone' }).click();
  await card.getByText('A rule names it now: save the rules').waitFor();
  await button('Discard').click();
  await card.getByRole('button', { name: 'customers.telephone need not be masked' }).click();
  await button('Show it to agents').click();
  await card.waitFor({ state: 'detached' });
});

it('a connection without mask rules says how many columns look personal, until that is dismissed', async () => {
  await page.goto(`${harness.url}#/connections`);
  const card = page.getByRole('article', { name: 'Connection demo' });
  await card.getByText(/columns look like personal data, and nothing is masked on demo/).waitFor();
  expect(await card.getByRole('link', { name: 'Review' }).getAttribute('href')).toBe('#/rules/demo');
  await card.getByRole('button', { name: 'Dismiss the suggestions for demo' }).click();
  await card.getByText(/look like personal data/).waitFor({ state: 'detached' });
  await page.reload();
  await card.waitFor();
  await page.getByRole('article', { name: 'Connection shop', exact: true }).waitFor();
  expect(await page.getByText(/look like personal data/).count()).toBe(0);
});

it('the layers of a connection are told, and what none of them can do for a superuser', async () => {
  const layers = page.getByRole('region', { name: 'Layers' });
  await layers.getByText('What shop_app may do was not looked at').waitFor();
  await page.goto(`${harness.url}#/rules/demo`);
  await layers.getByText('postgres is a superuser. Such a credential cannot be made safe by a proxy alone').waitFor();
  await layers.getByText('Cells off').waitFor();
  await layers.locator('summary').focus();
  await page.keyboard.press('Enter');
  await layers.getByText('Sessions have all rights of the account: the database hides nothing.').waitFor();
});
