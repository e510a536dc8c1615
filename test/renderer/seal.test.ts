import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { sealPassphrase } from './fake-desk/seal.ts';
import { launchChromium } from './harness/browser.ts';
import { serveHarness } from './harness/serve.ts';

vi.setConfig({ testTimeout: 30_000 });

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
  page = await browser.newPage({ reducedMotion: 'reduce', locale: 'en-GB' });
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
});
afterEach(async () => {
  await page.close();
  expect(errors).toEqual([]);
});

const open = (path: string) => page.goto(`${harness.url}${path}`);
const gate = () => page.getByRole('navigation').first().waitFor();
const button = (name: string | RegExp) => page.getByRole('button', { name });

it('shows nothing of the gate while the seal is in doubt, and every difference as text only', async () => {
  await open('?seal=changed#/approvals');
  await page.getByRole('heading', { name: 'Something was changed from outside' }).waitFor();
  expect(await page.getByRole('navigation').count()).toBe(0);
  const host = page.getByRole('listitem').filter({ hasText: 'upstream.host' });
  expect(await host.innerText()).toMatch(/found\s+"db\.shop\.internalRLO U\+202E\.example\.net"<b>bold<\/b>/);
  expect(await page.locator('main b').count()).toBe(0);
});

it('puts back what was sealed by one click, and takes a change only with the passphrase', async () => {
  await open('?seal=changed#/approvals');
  await button('Accept what is there').waitFor();
  expect(await button('Accept what is there').isEnabled()).toBe(false);
  await page.getByLabel('Passphrase of the seal').fill('wrong');
  await button('Accept what is there').click();
  await page.getByText('This is not the passphrase of the seal.').waitFor();
  await button('Put back what was sealed').click();
  await gate();
});

it('offers nothing to put back where the seal is gone, and takes a new passphrase typed twice', async () => {
  await open('?seal=removed#/approvals');
  await page.getByText('… and 12 more').waitFor();
  expect(await button('Put back what was sealed').count()).toBe(0);
  await page.getByLabel('New passphrase').fill('too short');
  await page.getByLabel('Once more').fill('too short');
  expect(await button('Accept what is there').isEnabled()).toBe(false);
  await page.getByLabel('New passphrase').fill(sealPassphrase);
  await page.getByText('The two are not the same.').waitFor();
  await page.getByLabel('Once more').fill(sealPassphrase);
  await button('Accept what is there').click();
  await gate();
});

it('asks for the passphrase with the keyboard alone, and forgets a wrong one', async () => {
  await open('?seal=locked#/approvals');
  const field = page.getByLabel('Passphrase');
  await field.waitFor();
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('This is not the passphrase of the seal.').waitFor();
  expect(await field.inputValue()).toBe('');
  await field.fill(sealPassphrase);
  await page.keyboard.press('Enter');
  await gate();
});

it('is made and changed under Settings', async () => {
  await open('?seal=none#/settings');
  const card = page.getByRole('region', { name: 'Seal', exact: true });
  await card.getByText('Not sealed:').waitFor();
  await card.getByRole('button', { name: 'Seal…' }).click();
  await card.getByLabel('New passphrase').fill(sealPassphrase);
  await card.getByLabel('Once more').fill(sealPassphrase);
  await card.getByRole('button', { name: 'Seal with this passphrase' }).click();
  await card.getByText('Sealed with your passphrase').waitFor();
  await card.getByRole('button', { name: 'Another key…' }).click();
  await card.getByLabel('Passphrase until now').waitFor();
});
