import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf } from './fake-desk/approvals.ts';
import type { FakeDesk } from './fake-desk.ts';
import { launchChromium } from './harness/browser.ts';
import { serveHarness } from './harness/serve.ts';

declare const window: Window & { fake: FakeDesk; lose(): void; signOut(): void };

vi.setConfig({ testTimeout: 30_000 }); // a browser on a busy machine; each takes about a second alone

let harness: Awaited<ReturnType<typeof serveHarness>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  [harness, browser] = await Promise.all([serveHarness('production'), launchChromium()]);
  // One context: pages share its cache of the bundle, and nothing else that a test changes.
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
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
});
afterEach(async () => {
  await page.close();
  expect(errors).toEqual([]);
});

const open = (path: string) => page.goto(`${harness.url}${path}`);
const armed = () => page.locator('[data-armed=true]').waitFor();
const decisions = () => page.evaluate(() => window.fake.decisions);
const decided = (count: number) => page.waitForFunction((wanted) => window.fake.decisions.length === wanted, count);

describe('deciding a request', () => {
  it('decides a whole reset of production once its connection was typed, and shows what goes on until it is ended', async () => {
    await open('?sequences#/approvals/a-seq-1');
    await page.getByText('The whole reset may take away:').waitFor();
    expect(
      await page.getByRole('table', { name: 'Tables of the whole reset' }).getByRole('row').first().innerText(),
    ).toMatch(/^public\.orders\s+1,204,311 rows\s+202 MB$/);
    await page.getByRole('radio', { name: 'The whole reset' }).check();
    await armed();
    await page.keyboard.press('Control+Enter');
    expect(await decisions()).toEqual([]);
    await page.getByLabel('Type shop to approve the whole reset in production').fill('shop');
    await page.getByRole('button', { name: 'Approve the reset' }).click();
    await decided(1);
    expect(await decisions()).toMatchObject([{ id: 'a-seq-1', action: 'approve', wholeSequence: true }]);
    await open('?sequences#/approvals/a-seq-2');
    await page.getByText('The migration goes on: 14 further statements ran unasked.').waitFor();
    await page.getByRole('button', { name: 'End the migration' }).click();
    await page.getByText('the operator ended it').waitFor();
  });

  it('decides one statement of a sequence unless told otherwise', async () => {
    await open('?sequences#/approvals/a-seq-1');
    await armed();
    await page.getByRole('button', { name: 'Deny', exact: false }).last().click();
    await decided(1);
    expect(await decisions()).toEqual([{ id: 'a-seq-1', digest: digestOf('a-seq-1'), action: 'deny' }]);
  });

  it('shows whom its open transaction blocks, what it locks and when the database ends it, all of it as text', async () => {
    await open('#/approvals/a-1');
    await page.getByText('Blocks 5 sessions', { exact: true }).waitFor();
    const blocked = page.getByRole('list', { name: 'Blocked sessions' }).getByRole('listitem');
    expect(await blocked.allInnerTexts()).toEqual([
      expect.stringMatching(
        /^flyway\s*LRI U\+2066\s*as migrator, process 40211, waiting for 0:\d\d\s+ALTER TABLE customers .* -- RLO U\+202Egnp$/,
      ),
      'shop_app, process 40377',
    ]);
    expect(await page.getByRole('list', { name: 'Locks' }).getByRole('listitem').allInnerTexts()).toEqual([
      'public.customers RowExclusiveLock',
      'public.ordersRLO U+202E RowShareLock',
      'advisory 8817 ExclusiveLock',
    ]);
    await page.getByText('idle_in_transaction_session_timeout = 300 s').waitFor();
    await open('#/approvals/a-2');
    await armed();
    expect(await page.getByText(/Blocks|holds locks/).count()).toBe(0);
  });

  it('says nothing new to a screen reader when only the locks of a request change', async () => {
    await open('#/approvals/a-1');
    await armed();
    const told = page.locator('[aria-live=assertive]');
    const before = await told.allInnerTexts();
    await page.evaluate(() => window.fake.change('a-1', { locks: null }));
    await page.getByText('Blocks 5 sessions', { exact: true }).waitFor({ state: 'detached' });
    expect(await told.allInnerTexts()).toEqual(before);
  });

  it('approves by mouse with the digest of what is shown', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.getByRole('button', { name: 'Approve once' }).click();
    await decided(1);
    expect(await decisions()).toEqual([{ id: 'a-1', digest: digestOf('a-1'), action: 'approve' }]);
  });

  it('denies by mouse with the reason that was typed', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.getByLabel('Reason').fill('  use the staging copy ');
    await page.getByRole('button', { name: 'Deny' }).click();
    await decided(1);
    expect(await decisions()).toEqual([
      { id: 'a-1', digest: digestOf('a-1'), action: 'deny', reason: 'use the staging copy' },
    ]);
  });

  it('approves by the chord, denies by D, and goes on to the request that waits', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('article', { name: 'Request: Delete public.order_archive' }).waitFor();
    await armed();
    await page.keyboard.press('d');
    await decided(2);
    expect(await decisions()).toEqual([
      { id: 'a-1', digest: digestOf('a-1'), action: 'approve' },
      { id: 'a-2', digest: digestOf('a-2'), action: 'deny' },
    ]);
  });

  it('denies by Escape', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.keyboard.press('Escape');
    await decided(1);
    expect(await decisions()).toEqual([{ id: 'a-1', digest: digestOf('a-1'), action: 'deny' }]);
  });

  it('takes no key and no click in the first 400 ms', async () => {
    await open('#/approvals/a-1');
    // From within the page, right after the request came to view: nothing here can be slower than the delay.
    const unarmedAtOnce = await page.evaluate(async () => {
      const bar = () => document.querySelector('[data-armed]');
      const until = (test: () => boolean) =>
        new Promise<void>((resolve) => {
          const look = () => (test() ? resolve() : void requestAnimationFrame(look));
          look();
        });
      await until(() => bar()?.getAttribute('data-armed') === 'true');
      window.dispatchEvent(new Event('focus')); // the window comes back: the delay starts anew
      await until(() => bar()?.getAttribute('data-armed') === 'false');
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }));
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true }));
      for (const button of document.querySelectorAll<HTMLButtonElement>('[data-armed] button')) button.click();
      return bar()?.getAttribute('data-armed');
    });
    await armed();
    expect([unarmedAtOnce, await decisions()]).toEqual(['false', []]);
  });

  it('never approves by Enter or Space on the focused button', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.getByRole('button', { name: 'Approve once' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Deny' }).focus();
    await page.keyboard.press('Enter');
    await decided(1);
    expect(await decisions()).toEqual([{ id: 'a-1', digest: digestOf('a-1'), action: 'deny' }]);
  });

  it('leaves the reason field by Escape and types a D into it without denying', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.keyboard.press('r');
    await page.keyboard.type('add');
    await page.keyboard.press('Escape');
    expect([await page.getByLabel('Reason').inputValue(), await decisions()]).toEqual(['add', []]);
  });

  it('shows an expiry at once, takes the buttons away, and stays on the request', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.evaluate(() => window.fake.change('a-1', { state: 'expired', decidedAt: Date.now() }));
    await page.getByText('Nobody decided in time, so it was denied.').waitFor();
    expect([
      await page.getByRole('button', { name: 'Approve once' }).count(),
      await page.getByRole('article', { name: 'Request: Update public.customers' }).count(),
    ]).toEqual([0, 1]);
  });

  it('says what went wrong beside the buttons when the decision is refused', async () => {
    await open('#/approvals/a-1');
    await armed();
    await page.evaluate(() => {
      const { handlers } = window.fake as { handlers: Record<string, unknown> };
      handlers['approvals.decide'] = () => Promise.reject(new Error('The journal cannot be written.'));
    });
    await page.keyboard.press('d');
    await page.getByRole('group', { name: 'Decision' }).getByText('The journal cannot be written.').waitFor();
    expect(await page.getByRole('button', { name: 'Deny' }).isEnabled()).toBe(true);
  });

  it('announces a new request to screen readers at once', async () => {
    await open('#/approvals');
    await armed();
    await page.evaluate(() => window.fake.ask('a-9', { agent: 'nightly-report' }));
    await page
      .locator('[aria-live=assertive]')
      .getByText('New approval request from nightly-report: Update public.customers on shop')
      .waitFor({ state: 'attached' });
    expect(await page.title()).toBe('(3) Postern');
  });
});

describe('untrusted text', () => {
  it('shows markup in a statement as text', async () => {
    await open('?empty#/approvals');
    const text = `select '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>' -- <b>bold</b>`;
    await page.evaluate((sql) => window.fake.ask('a-9', { text: sql, parameters: [] }), text);
    const shown = page.getByRole('article').locator('figure pre');
    await shown.waitFor();
    expect([
      await shown.textContent(),
      await page.locator('article img, article b, article script').count(),
      await page.evaluate(() => 'hacked' in window),
    ]).toEqual([text, 0, false]);
  });

  it('shows characters that reorder text by their code points', async () => {
    await open('#/approvals/a-2');
    const marks = page.getByRole('article').locator('figure mark');
    await marks.first().waitFor();
    expect(await marks.allTextContents()).toEqual(['RLO U+202E', 'LRI U+2066', 'PDI U+2069']);
  });
});

describe('the journal of the gate', () => {
  it('is found from the sessions, filtered by kind and verified; what clients claim is shown as text', async () => {
    await open('#/sessions');
    await page.getByRole('link', { name: 'Gate', exact: true }).click();
    const events = page.getByRole('list', { name: 'Events, newest first' });
    await events.getByText('1,480 more refusals').waitFor();
    expect(await events.getByTitle('Invisible character RLO U+202E').count()).toBe(1);
    await page.getByLabel('Show').selectOption({ label: 'Settings' });
    expect(await events.getByRole('listitem').count()).toBe(1);
    expect(await events.getByRole('listitem').innerText()).toContain('Connection shop: policy now "production".');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('The gate’s journals are whole: 12 records in 1 journal').waitFor();
  });
});

describe('replay', () => {
  const screen = () => page.locator('.xterm-rows');
  const time = () => page.getByTestId('replay-time').textContent();

  it('shows a moment on opening, goes back by marker and forward by a click in the list', async () => {
    await open('#/sessions/s-past-3/replay?t=70000');
    await screen().getByText('drop table order_archive').waitFor();
    for (let presses = 0; presses < 8; presses++) await page.keyboard.press('[');
    await screen().getByText('drop table order_archive').waitFor({ state: 'detached' });
    const early = await time();
    await page.getByRole('button', { name: /Refused.*drop table/ }).click();
    await screen().getByText('drop table order_archive').waitFor();
    expect([early, await time()]).toEqual(['0:04', '1:03']);
  });

  it('plays and pauses by Space, skipping idle time', async () => {
    await open('#/sessions/s-past-3/replay');
    await page.getByRole('button', { name: 'Play' }).waitFor();
    await page.getByText('8×').click();
    await page.locator('h1').first().click();
    await page.keyboard.press('Space');
    await screen().getByText('select count(*), status').waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Play' }).waitFor();
    expect(Number((await time())?.split(':')[1])).toBeGreaterThanOrEqual(9);
  });

  it('seeks with the slider and finds text', async () => {
    await open('#/sessions/s-past-3/replay');
    await page.getByRole('slider', { name: 'Position' }).fill('84000');
    await screen().getByText('sum(total)').waitFor();
    await page.getByLabel('Search in what has been played').fill('no such text');
    await page.getByText('not found').waitFor();
    expect(await time()).toBe('1:24');
  });
});

describe('the policy of a connection', () => {
  const openPolicy = async () => {
    await open('#/rules');
    await page.getByRole('tab', { name: 'Policy' }).click();
    await page.getByRole('region', { name: 'Own rules' }).getByRole('listitem').first().waitFor();
  };
  const rows = () => page.getByRole('region', { name: 'Own rules' }).getByRole('listitem');

  it('shows each rule in words, how often it answered, and which one never can', async () => {
    await openPolicy();
    expect(await rows().nth(0).innerText()).toMatch(
      /Addresses of customers\s+When it does read, and it uses columns public\.customers\.email\s+no-customer-emails\s+3 hits/,
    );
    expect(await rows().nth(1).innerText()).toMatch(/Ended 3[01] Jan 2026/);
    expect(await rows().nth(2).innerText()).toContain('Never answers: no-customer-emails always does');
  });

  it('adds a rule by its form, says what is wrong at its field, and saves and takes back', async () => {
    await openPolicy();
    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('button', { name: 'Add to the draft' }).click();
    expect(await page.getByLabel('Reason', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Id', { exact: true }).fill('payments');
    await page.getByLabel('Then').selectOption('block');
    await page.getByLabel('Add a condition').selectOption('writes');
    await page.getByLabel('it writes', { exact: true }).fill('payments.*, public.invoices');
    await page.getByLabel('Reason', { exact: true }).fill('Payments are written by the ledger.');
    await page.getByRole('button', { name: 'Add to the draft' }).click();
    expect(await rows().last().innerText()).toContain('When it writes payments.* or public.invoices');
    await page.getByRole('button', { name: 'Move payments up' }).click();
    expect(await rows().nth(2).innerText()).toContain('payments.*');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Undo the last save' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[aria-label="Own rules"] li').length === 3);
  });

  it('takes rules as JSON, all or none, and says where a fault is', async () => {
    await openPolicy();
    await page.getByRole('button', { name: 'Import, export' }).click();
    const text = page.getByLabel('policyRules');
    const before = JSON.parse(await text.inputValue());
    await text.fill(JSON.stringify([...before, { ...before[0], reason: '' }]));
    await page.getByRole('button', { name: 'Put into the draft' }).click();
    await page.getByText(/^rule 4 \(no-customer-emails\), reason: /).waitFor();
    await text.fill(JSON.stringify([{ ...before[0], id: 'alone' }]));
    await page.getByRole('button', { name: 'Put into the draft' }).click();
    expect(await rows().count()).toBe(1);
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await rows().count()).toBe(3);
  });

  it('runs a draft over recorded sessions and leads to what would be different', async () => {
    await openPolicy();
    await page.getByRole('button', { name: 'Switch off no-customer-emails' }).click();
    await page.getByRole('button', { name: 'Run with the draft' }).click();
    await page.getByText('2 statements would be answered otherwise').waitFor();
    expect(
      await page
        .getByRole('list', { name: 'Statements answered otherwise' })
        .getByRole('link')
        .first()
        .getAttribute('href'),
    ).toBe('#/sessions/s-1');
  });

  it('sets budgets, and an empty field is no limit', async () => {
    await openPolicy();
    const budgets = page.getByRole('region', { name: 'Budgets' });
    await budgets.getByLabel('Rows read').first().fill('');
    await budgets.getByLabel('Statements').last().fill('500');
    await budgets.getByLabel('Once it is used up').selectOption('terminate');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Undo the last save' }).waitFor();
    const saved = await page.evaluate(() => window.fake.handlers['connections.list']({}));
    expect(saved[0]?.config.budgets).toEqual({ over: 'terminate', perHour: { statements: 500 } });
  });
});

describe('the frame', () => {
  it('runs a command from the palette', async () => {
    await open('#/approvals');
    await armed();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Command' }).fill('go rules');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Rules', exact: true }).waitFor();
    expect([new URL(page.url()).hash, await decisions()]).toEqual(['#/rules', []]);
  });

  it('explains how to sign in again when the session is gone, and shows nothing of the gate', async () => {
    await open('#/approvals');
    await armed();
    await page.evaluate(() => window.signOut());
    await page.getByRole('heading', { name: 'Sign in to this console' }).waitFor();
    expect(await page.getByText('customers').count()).toBe(0);
  });

  it('follows the host of a new connection with its sslmode, and warns of a weak one over a network', async () => {
    await open('#/connections');
    await page.getByRole('button', { name: 'Add connection' }).first().click();
    const mode = page.getByLabel('TLS (sslmode)');
    const warning = page.getByText('may send everything unencrypted');
    expect([await mode.inputValue(), await warning.count()]).toEqual(['prefer', 0]);
    await page.getByLabel('Host').fill('db.example.com');
    expect([await mode.inputValue(), await warning.count()]).toEqual(['verify-full', 0]);
    await mode.selectOption('prefer');
    await warning.waitFor();
    await page.getByLabel('Host').fill('localhost');
    await warning.waitFor({ state: 'detached' });
    await page.getByLabel('Its private key (sslkey)').fill('client.key');
    await page.getByLabel('Passphrase of the key').selectOption('environment');
    await page.getByLabel('Variable').fill('KEY_PASSPHRASE');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('the private key needs its certificate').waitFor();
  });

  describe('columns that look personal', () => {
    const suggested = () => page.getByRole('region', { name: 'Suggested rules' });
    const savedIds = () =>
      page.evaluate(async () =>
        (await window.fake.handlers['connections.list']({}))[0]?.config.maskRules.map(({ id }) => id),
      );
    beforeEach(async () => {
      await open('#/rules/shop');
      await suggested().getByRole('listitem').first().waitFor();
    });

    it('are masked by one click, which can be taken back', async () => {
      const before = await savedIds();
      await suggested().getByRole('button', { name: 'Mask the 6 likely' }).click();
      await suggested().getByText('6 columns masked.').waitFor();
      await suggested().getByRole('heading', { name: '1 column looks personal' }).waitFor();
      expect((await savedIds())?.slice(before?.length)).toEqual([
        'mask-customers-name',
        'mask-payments-card_number',
        'mask-payments-payer_iban',
        'mask-customers-last_login_ip',
        'mask-tickets-body',
        'mask-employees-salary',
      ]);
      await suggested().getByRole('button', { name: 'Undo' }).click();
      await suggested().getByRole('heading', { name: '7 columns look personal' }).waitFor();
      expect(await savedIds()).toEqual(before);
    });

    it('are masked one by one, and what is being edited is kept and gets the rule, too', async () => {
      await page.getByRole('button', { name: /^country/ }).click();
      await suggested().getByRole('button', { name: 'Mask: Full, customers.name' }).click();
      await suggested().getByRole('heading', { name: '6 columns look personal' }).waitFor();
      expect((await savedIds())?.at(-1)).toBe('mask-customers-name');
      await page.getByText('Not saved').waitFor();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Not saved').waitFor({ state: 'detached' });
      expect((await savedIds())?.slice(-2)).toEqual(['mask-customers-country', 'mask-customers-name']);
    });

    it('are dismissed, which can be taken back', async () => {
      await suggested().getByRole('button', { name: 'Dismiss payments.payer_iban' }).click();
      await suggested().getByRole('heading', { name: '6 columns look personal' }).waitFor();
      await suggested().getByRole('button', { name: 'Undo' }).click();
      await suggested().getByRole('heading', { name: '7 columns look personal' }).waitFor();
    });

    it('are left to the second net as it is told, for all detectors and for one', async () => {
      const net = page.getByRole('region', { name: 'Second net' });
      await net.getByLabel('When something is recognised').selectOption('mask');
      await net.getByText('a cell in which something is recognised is masked whole').waitFor();
      await net.getByText('By detector').click();
      await net.getByLabel('API keys', { exact: true }).selectOption('ask');
      await net.getByText('By detector, 1 of its own').waitFor();
      const saved = await page.evaluate(async () =>
        (await window.fake.handlers['connections.list']({})).map((view) => view.config.detectors),
      );
      expect(saved[0]).toEqual({ action: 'mask', overrides: { api_key: 'ask' } });
    });

    it('may be named by tag and by finding, with exceptions', async () => {
      await page.getByRole('button', { name: 'Add rule' }).click();
      const row = page.getByRole('region', { name: 'Mask rules' }).locator('ol > li').last();
      await row.getByLabel('Columns by').selectOption('tag');
      await row.getByLabel('Tag', { exact: true }).fill('health');
      await row.getByText('Holds for everybody').click();
      await row.getByLabel('Agents who see the values').fill('dba-*, audit');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Not saved').waitFor({ state: 'detached' });
      const saved = await page.evaluate(async () =>
        (await window.fake.handlers['connections.list']({})).map((view) => view.config.maskRules.at(-1)),
      );
      expect(saved[0]).toMatchObject({
        ...{ schema: '*', table: '*', column: '*', tag: 'health', except: { agents: ['dba-*', 'audit'] } },
      });
    });
  });

  it('keeps rules that are being edited across screens and saves them together', async () => {
    await open('#/rules/shop');
    await page.getByRole('button', { name: /^country/ }).click();
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('link', { name: 'Rules' }).click();
    await page.getByText('Not saved').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Not saved').waitFor({ state: 'detached' });
    const saved = await page.evaluate(async () =>
      (await window.fake.handlers['connections.list']({})).map((view) => view.config.maskRules.at(-1)?.id),
    );
    expect(saved[0]).toBe('mask-customers-country');
  });

  it('offers every masker with what it lets one choose, and saves none that is wrong', async () => {
    await open('#/rules/shop');
    const rule = page.getByRole('listitem', { name: 'Rule mask-customers-email' });
    const choose = (label: string) => rule.getByLabel('Masker').first().selectOption({ label });
    await choose('Number bucket');
    await rule.getByLabel('Width, or boundaries').fill('18, 0');
    await rule.getByText('ascending numbers').waitFor();
    await choose('Date, shortened');
    await rule.getByLabel('Down to').selectOption('Week');
    await choose('JSON paths');
    await rule.getByText('Write a path such as').waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await rule.getByLabel('Path', { exact: true }).fill('$.items[*].email');
    await rule.getByRole('button', { name: 'Add a path' }).click();
    const second = rule.getByRole('group', { name: 'Path 2' });
    await second.getByLabel('Path', { exact: true }).fill('{age}');
    await second.getByLabel('Masker').selectOption({ label: 'Number bucket' });
    await second.getByLabel('Width, or boundaries').fill('0, 18, 65');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Not saved').waitFor({ state: 'detached' });
    const saved = await page.evaluate(async () =>
      (await window.fake.handlers['connections.list']({})).map((view) => view.config.maskRules[0]?.masker),
    );
    expect(saved[0]).toEqual({
      kind: 'json',
      paths: [
        { path: '$.items[*].email', masker: { kind: 'full' } },
        { path: '{age}', masker: { kind: 'bucket', by: [0, 18, 65] } },
      ],
    });
  });
});

describe('where passwords come from, and the keys of agents', () => {
  const saved = (name: string) =>
    page.evaluate(
      async (wanted) =>
        (await window.fake.handlers['connections.list']({})).find(({ config }) => config.name === wanted)?.config
          .upstream,
      name,
    );
  const agentNamed = (name: string) =>
    page.evaluate(
      async (wanted) => (await window.fake.handlers['agents.list']({})).find((agent) => agent.name === wanted),
      name,
    );

  it('fills a connection from a service, and says what of it is not followed', async () => {
    await open('#/connections');
    await page.getByRole('button', { name: 'Add connection' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('new');
    await page.getByLabel('Comes from').selectOption('service');
    await page.getByLabel('Fill this form from').selectOption('shop-prod');
    await page.getByText('It also sets target_session_attrs').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('article', { name: 'Connection new' }).waitFor();
    expect(await saved('new')).toMatchObject({
      host: 'db.shop.internal',
      port: 5433,
      database: 'shop',
      user: 'ada',
      sslmode: 'verify-full',
      credential: { from: 'service', service: 'shop-prod' },
    });
  });

  it('keeps of a command what was typed and nothing else', async () => {
    await open('#/connections');
    await page
      .getByRole('article', { name: 'Connection shop', exact: true })
      .getByRole('button', { name: 'Edit' })
      .click();
    await page.getByLabel('Comes from').selectOption('command');
    await page.getByLabel('Program and arguments').fill('az\naccount\nget-access-token');
    await page.getByLabel('Use it for').fill('900');
    await page.getByLabel('Field, if the output is JSON').fill('accessToken');
    await page.getByLabel('Field of the expiry').fill('expires_on');
    await page.getByLabel('Use it for').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await saved('shop'))?.credential).toEqual({
      from: 'command',
      command: ['az', 'account', 'get-access-token'],
      field: 'accessToken',
      expiryField: 'expires_on',
    });
  });

  it('replaces a key, shows the new one once, and says until when the old one is good', async () => {
    await open('#/connections/agents');
    const card = page.getByRole('article', { name: 'Agent nightly-report' });
    await card.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('The old key, 03be77d1, ends').selectOption('in an hour');
    await page.getByRole('button', { name: 'Make key' }).click();
    await page.getByText('pk_rotated', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await card.getByText('Two keys').waitFor();
    await card.getByText(/^03be77d1, good until/).waitFor();
    expect(await page.getByText('pk_rotated').count()).toBe(0);
  });

  it('changes what an agent is for, and keeps what was not touched', async () => {
    await open('#/connections/agents');
    const before = await agentNamed('claude-code');
    await page.getByRole('article', { name: 'Agent claude-code' }).getByRole('button', { name: 'Change' }).click();
    await page.getByLabel('Only read').uncheck();
    await page.getByLabel('Groups').fill('day');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const after = await agentNamed('claude-code');
    expect(after).toMatchObject({
      connections: ['shop', 'demo'],
      groups: ['day'],
      scope: { readOnly: false, schemas: ['public', 'reporting_*'] },
    });
    // The field has minutes; what was not touched must not lose its seconds.
    expect(after?.scope?.validUntil).toBe(before?.scope?.validUntil);
  });
});
