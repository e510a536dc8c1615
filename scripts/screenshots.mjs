// Takes the README's pictures from the real app: demo database, a real agent, a real browser.
//   npm run build && node scripts/screenshots.mjs [folder]      (needs Chromium; POSTERN_CHROMIUM names another binary)
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { chromium } from 'playwright-core';
import places from './chromium.json' with { type: 'json' };

const folder = process.argv[2] ?? 'docs/images';
const home = await mkdtemp(join(tmpdir(), 'postern-pictures-'));
const app = spawn(process.execPath, ['bin/postern.js', 'open', '--console', '--data-folder', home], {
  env: { ...process.env, POSTERN_NO_BUILD: '1', NO_COLOR: '1' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => app.kill('SIGTERM'));
let printed = '';
await new Promise((resolve, reject) => {
  app.stdout.on('data', (chunk) => {
    printed += chunk;
    if (printed.includes('Ctrl+C')) resolve();
  });
  app.once('exit', (code) => reject(new Error(`postern open ended with ${code}`)));
});
const link = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(printed)?.[0];
const url = /postgresql:\/\/\S+\/demo/.exec(printed)?.[0];
const browser = await chromium.launch({
  executablePath: process.env.POSTERN_CHROMIUM ?? places.find((path) => existsSync(path)),
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--no-first-run'],
});

const connectAgent = async (applicationName) => {
  const agent = new pg.Client({ connectionString: url, application_name: applicationName });
  agent.on('error', () => undefined);
  await agent.connect();
  return agent;
};
const run = (agent, text, values) => agent.query(text, values).catch((error) => error);

const context = await browser.newContext({
  viewport: { width: 1280, height: 800 },
  deviceScaleFactor: 2,
  locale: 'en-GB',
});
const page = await context.newPage();
page.setDefaultTimeout(15_000);
await page.goto(link);
await page.getByText('Nothing waits for you').waitFor();
const origin = new URL(link).origin;

/** One picture of one screen in one theme. */
const take = async (name, scheme, path, ready) => {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await page.goto(`${origin}/${path}`);
  await ready();
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(folder, `${name}.png`) });
};

// A session that has seen everything.
const agent = await connectAgent('claude-code');
await run(agent, 'SELECT id, name, email, phone, national_id, city FROM customers ORDER BY id LIMIT 5');
await run(
  agent,
  'SELECT status, count(*) AS orders, max(placed_at)::date AS latest FROM orders GROUP BY status ORDER BY 2 DESC',
);
await run(agent, 'SELECT order_id, card_number, card_holder, amount FROM payments ORDER BY id LIMIT 4');
const approving = run(agent, 'UPDATE products SET stock = stock - $1 WHERE id = $2', [3, 12]);
await page.locator('[data-armed=true]').waitFor();
await page.keyboard.press('Control+Enter');
await approving;
await run(agent, 'DROP TABLE payments');
const denying = run(agent, "DELETE FROM orders WHERE status = 'cancelled'");
await page.locator('[data-armed=true]').waitFor();
await page.getByLabel('Reason').fill('archive them instead of deleting');
await page.getByRole('button', { name: 'Deny' }).click();
await denying;
await agent.end();
const past = await connectAgent('psql');
await run(past, 'SELECT count(*) FROM orders');

// Two that wait.
const first = await connectAgent('claude-code');
const second = await connectAgent('migration-agent');
void run(first, 'UPDATE customers SET city = $1, postal_code = $2 WHERE id = $3', ['Dover', '17702', 412]);
await page.locator('[data-armed=true]').waitFor();
void run(second, 'ALTER TABLE orders ADD COLUMN archived boolean NOT NULL DEFAULT false');
await page.getByText('2 statements waiting').waitFor();

const session = async () => {
  await page.goto(`${origin}/#/sessions`);
  await page.getByText('6 statements').first().click();
  await page.getByText('DROP TABLE payments').first().waitFor();
  return page.url().slice(origin.length + 1);
};
const path = await session();
await take('approvals-dark', 'dark', '#/approvals', () => page.getByText('postal_code').first().waitFor());
await take('approvals-light', 'light', '#/approvals', () => page.getByText('postal_code').first().waitFor());
await take('sessions-light', 'light', path, () => page.getByText('DROP TABLE payments').first().waitFor());
await take('replay-dark', 'dark', `${path}/replay`, async () => {
  await page.getByRole('button', { name: 'Next marker' }).waitFor();
  await page.getByRole('slider', { name: 'Position' }).press('End');
});
await take('rules-light', 'light', '#/rules/demo', async () => {
  await page.getByRole('listitem', { name: 'Rule customers-email' }).waitFor();
  await page.getByRole('region', { name: 'Preview' }).scrollIntoViewIfNeeded();
});
await take('connections-light', 'light', '#/connections', () => page.getByText('demo').first().waitFor());
await take('reports-dark', 'dark', '#/reports', () => page.getByText('demo').first().waitFor());

await browser.close();
app.kill('SIGTERM');
