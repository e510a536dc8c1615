import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium } from '../renderer/harness/browser.ts';
import { type OpenApp, openApp } from './support/open-app.ts';

// The whole product as its user has it: the built app, its demo database, a real browser, a real driver.
let app: OpenApp;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  [app, browser] = await Promise.all([openApp(), launchChromium()]);
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(10_000);
  const first = await context.newPage();
  await first.goto(app.link);
  await first.getByText('Nothing waits for you').waitFor();
  await first.close();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});
beforeEach(async () => {
  faults.length = 0;
  page = await context.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(new URL('/', app.link).href);
});
afterEach(async () => {
  await page.close();
  expect(faults).toEqual([]);
});

const go = (name: string) =>
  page
    .getByRole('link', { name: new RegExp(`^${name}`) })
    .first()
    .click();
const armed = () => page.locator('[data-armed=true]').waitFor();
const update = (agent: pg.Client, city: string, id: number) =>
  agent.query('UPDATE customers SET city = $1 WHERE id = $2', [city, id]);

test('the sign-in link works once: elsewhere it is refused with a word on how to get another', async () => {
  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(app.link);
  await other.getByText(/Enter/).first().waitFor();
  expect(await other.getByText('Nothing waits for you').count()).toBe(0);
  await stranger.close();
});

describe('a statement that waits', () => {
  test('is shown with its values and runs when approved by the chord', async () => {
    const agent = await app.agent({ application_name: 'claude-code' });
    const running = update(agent, 'Dover', 7);
    const request = page.getByRole('article', { name: /Request: Update public.customers/ });
    await request.waitFor();
    expect(await request.getByRole('row', { name: /\$1/ }).textContent()).toContain('Dover');
    expect(await request.getByRole('row', { name: /\$2/ }).textContent()).toContain('7');
    await armed();
    await page.keyboard.press('Control+Enter');
    expect((await running).rowCount).toBe(1);
    expect((await agent.query('SELECT city FROM customers WHERE id = 7')).rows).toEqual([{ city: 'Dover' }]);
    await page.getByText('nothing waits').waitFor();

    // The next one comes to view by itself, once this one is done with.
    const next = update(agent, 'Salem', 7).catch((error: pg.DatabaseError) => error.code);
    await armed();
    await page.keyboard.press('d');
    expect(await next).toBe('42501');
  });

  test('is refused with the operator’s reason when denied by mouse', async () => {
    const agent = await app.agent();
    const refused = update(agent, 'Nowhere', 8).catch((error: pg.DatabaseError) => error);
    await armed();
    await page.getByLabel('Reason').fill('ask me on Monday');
    await page.getByRole('button', { name: 'Deny' }).click();
    expect(await refused).toMatchObject({ code: '42501', message: expect.stringContaining('ask me on Monday') });
    expect((await agent.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('whose client gives up can still be approved: the same statement then runs at once, one time', async () => {
    const gone = new pg.Client({ connectionString: app.url });
    gone.on('error', () => undefined);
    await gone.connect();
    void update(gone, 'Ostend', 9).catch(() => undefined);
    await armed();
    (gone as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await page
      .getByText(/The agent gave up waiting/)
      .first()
      .waitFor();
    await armed();
    await page.getByRole('button', { name: /^Approve/ }).click();
    await page
      .getByText(/Approved for its retry/)
      .first()
      .waitFor();
    const agent = await app.agent();
    expect((await update(agent, 'Ostend', 9)).rowCount).toBe(1);
    const again = update(agent, 'Ostend', 9).catch((error: pg.DatabaseError) => error.code);
    await armed();
    await page.keyboard.press('d');
    expect(await again).toBe('42501');
  });
});

test('a session can be read, verified, replayed in the terminal, and printed as PDF', async () => {
  const agent = await app.agent({ application_name: 'replayed' });
  await agent.query('SELECT name, email FROM customers WHERE id = 1');
  await agent.query('DROP TABLE payments').catch(() => undefined);
  await agent.end();
  await go('Sessions');
  await page.getByText('replayed').first().click();
  const session = page.getByRole('region', { name: /Session of/ });
  await session.getByText('DROP TABLE payments').first().waitFor();
  await session.getByRole('button', { name: /Verify/ }).click();
  await session
    .getByText(/whole|intact|verified/i)
    .first()
    .waitFor();

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    session
      .getByRole('button', { name: /Report|PDF/ })
      .first()
      .click(),
  ]);
  const pdf = await readFile(await download.path());
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');

  await session
    .getByRole('link', { name: /Replay/ })
    .or(session.getByRole('button', { name: /Replay/ }))
    .first()
    .click();
  await page.getByRole('button', { name: 'Next marker' }).waitFor();
  const transcript = page.getByRole('region', { name: 'Transcript' });
  await page.getByRole('slider', { name: 'Position' }).press('End');
  await page.getByText('Text transcript').click();
  await expect.poll(() => transcript.textContent()).toContain('DROP TABLE payments');
  expect(await transcript.textContent()).toContain('a***@***.org');
});

test('a mask rule that is changed holds from the next statement on', async () => {
  const agent = await app.agent();
  const email = async () => (await agent.query('SELECT email FROM customers WHERE id = 2')).rows[0].email;
  expect(await email()).toBe('a***@***.net');
  await go('Rules');
  const rule = page.getByRole('listitem', { name: 'Rule customers-email' });
  await rule.getByLabel('Masker').selectOption({ label: 'Full' });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(email).toBe('***');
});

test('a rule of one’s own answers from the next statement on, counts its answers, and a backtest shows what another would change', async () => {
  const agent = await app.agent();
  expect((await agent.query('SELECT count(*) FROM orders')).rows).toHaveLength(1);
  await go('Rules');
  await page.getByRole('tab', { name: 'Policy' }).click();
  await page.getByRole('button', { name: 'Add rule' }).click();
  await page.getByLabel('Id', { exact: true }).fill('no-orders');
  await page.getByLabel('Then').selectOption('block');
  await page.getByLabel('Add a condition').selectOption('relations');
  await page.getByLabel('it touches', { exact: true }).fill('public.orders');
  await page.getByLabel('Reason', { exact: true }).fill('Orders are not for agents.');
  await page.getByRole('button', { name: 'Add to the draft' }).click();
  await page.getByRole('button', { name: 'Run with the draft' }).click();
  await page.getByText(/would be answered otherwise/).waitFor();
  await page
    .getByRole('list', { name: 'Statements answered otherwise' })
    .getByText('SELECT count(*) FROM orders')
    .first()
    .waitFor();
  // Nothing of it is in force before it is saved.
  expect((await agent.query('SELECT count(*) FROM orders')).rows).toHaveLength(1);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Undo the last save' }).waitFor();
  await expect(agent.query('SELECT count(*) FROM orders')).rejects.toMatchObject({
    code: '42501',
    message: 'Postern refused this statement: Orders are not for agents.',
  });
  await page.getByLabel('Statement', { exact: true }).fill('DELETE FROM orders');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByRole('region', { name: 'Test a statement' }).getByText('no-orders').waitFor();
  await page.reload();
  await page.getByRole('tab', { name: 'Policy' }).click();
  await page.getByRole('listitem', { name: 'Rule no-orders' }).getByText('1 hit').waitFor();
  await page.getByRole('button', { name: 'Delete no-orders' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Undo the last save' }).waitFor();
  expect((await agent.query('SELECT count(*) FROM orders')).rows).toHaveLength(1);
});

test('a sweep of production is approved once as a whole: what follows of it runs unasked, until it is ended', async () => {
  const agent = await app.agent();
  await agent.query('BEGIN');
  const first = agent.query('DELETE FROM payments; DELETE FROM order_items');
  await page.getByText('Part of a sweep of public, production').waitFor();
  await page
    .getByText(/^\d+ tables, about [\d,.]+ rows/)
    .first()
    .waitFor();
  await page.getByRole('radio', { name: 'The whole sweep' }).check();
  await page.getByLabel('Type demo to approve the whole sweep in production').fill('demo');
  await armed();
  await page.getByRole('button', { name: 'Approve the sweep' }).click();
  await first;
  await agent.query('DELETE FROM orders');
  await page.getByRole('region', { name: 'Decided as a whole' }).getByRole('button').first().click();
  await page.getByText('1 further statement ran unasked').waitFor();
  await page.getByRole('button', { name: 'End the sweep' }).click();
  await page.getByText('the operator ended it').waitFor();
  const next = agent.query('DELETE FROM products').catch((error) => error);
  await page.getByText('Part of a sweep of public, production').waitFor();
  await armed();
  await page.keyboard.press('d');
  expect(await next).toMatchObject({ code: '42501' });
  await agent.query('ROLLBACK');
});

test('an agent key is shown once, works at once, and is refused at once when revoked', async () => {
  await go('Connections');
  await page
    .getByRole('link', { name: /Agents/ })
    .or(page.getByRole('tab', { name: /Agents/ }))
    .first()
    .click();
  await page.getByRole('button', { name: /agent/i }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('second-agent');
  await dialog.getByLabel('demo').check();
  await dialog.getByRole('button', { name: /Create|Make/ }).click();
  const key = /pstn_[\w-]{43}/.exec((await dialog.getByText(/pstn_/).first().textContent()) ?? '')?.[0] ?? '';
  await dialog
    .getByRole('button', { name: /Close|Done|I have/ })
    .last()
    .click();
  expect(await page.getByText(key).count()).toBe(0);

  const address = new URL(app.url);
  const agent = new pg.Client({
    host: address.hostname,
    port: Number(address.port),
    user: 'x',
    password: key,
    database: 'demo',
  });
  const gone = new Promise((resolve) => agent.on('error', resolve));
  await agent.connect();
  expect((await agent.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  const card = page.getByRole('article', { name: 'Agent second-agent' });
  await card.getByRole('button', { name: 'Revoke' }).click();
  await page
    .getByRole('dialog')
    .or(page.getByRole('alertdialog'))
    .getByRole('button', { name: /Revoke/ })
    .click();
  expect(await gone).toMatchObject({ code: '57P01' });
});
