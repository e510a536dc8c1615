import type { Page } from 'playwright-core';

/** Every state of the desk that is looked at and checked for accessibility. */
export const screens: readonly {
  readonly name: string;
  readonly path: string;
  readonly prepare?: (page: Page) => Promise<unknown>;
}[] = [
  { name: 'approvals', path: '#/approvals' },
  { name: 'approvals-invisible', path: '#/approvals/a-2' },
  { name: 'approvals-decided', path: '#/approvals/a-past-2' },
  { name: 'approvals-given-up', path: '?givenup#/approvals/a-up-1' },
  { name: 'approvals-ticket', path: '?givenup#/approvals/a-up-2' },
  {
    name: 'approvals-sequence',
    path: '?sequences#/approvals/a-seq-1',
    prepare: (page) => page.getByRole('radio', { name: 'The whole reset' }).check(),
  },
  { name: 'approvals-sequence-running', path: '?sequences#/approvals/a-seq-2' },
  { name: 'approvals-empty', path: '?empty#/approvals' },
  { name: 'sessions', path: '#/sessions' },
  {
    name: 'session',
    path: '#/sessions/s-live-1',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByRole('button', { name: /Approved/ }).click();
    },
  },
  {
    name: 'session-recognised',
    path: '#/sessions/s-live-1',
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /Masked\s+select/ })
        .first()
        .click();
      await page.getByText('Recognised', { exact: true }).waitFor({ timeout: 3000 });
    },
  },
  {
    name: 'replay',
    path: '#/sessions/s-past-3/replay?t=60000',
    prepare: (page) => page.locator('.xterm-rows').getByText('denied by operator').first().waitFor(),
  },
  {
    name: 'rules',
    path: '#/rules',
    prepare: (page) => page.getByText('Maartje de Jong').first().waitFor(),
  },
  {
    name: 'rules-maskers',
    path: '#/rules',
    prepare: async (page) => {
      await page.getByText('Maartje de Jong').first().waitFor();
      const masker = (place: number) => page.getByLabel('Masker', { exact: true }).nth(place);
      await masker(2).selectOption({ label: 'Number bucket' });
      await masker(1).selectOption({ label: 'Date, shortened' });
      await masker(0).selectOption({ label: 'JSON paths' });
      await page.getByLabel('Path', { exact: true }).fill('$.items[*].email');
      await page.getByRole('button', { name: 'Add a path' }).click();
      await masker(2).selectOption({ label: 'Number bucket' });
      await page.getByLabel('Path', { exact: true }).first().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'rules-suggested',
    path: '#/rules/shop',
    prepare: async (page) => {
      const suggested = page.getByRole('region', { name: 'Suggested rules' });
      await suggested.getByRole('button', { name: 'Dismiss payments.payer_iban' }).click();
      await suggested.getByText('1 suggestion dismissed').waitFor();
      await suggested.scrollIntoViewIfNeeded();
      await suggested.evaluate((section) => section.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'rules-net',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByText('Maartje de Jong').first().waitFor();
      const net = page.getByRole('region', { name: 'Second net' });
      await net.getByText('By detector').click();
      await net.evaluate((section) => section.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'rules-by-tag',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Add rule' }).click();
      const row = page.getByRole('region', { name: 'Mask rules' }).locator('ol > li').last();
      await row.getByLabel('Columns by').selectOption('detector');
      await row.getByText('Holds for everybody').click();
      await row.getByLabel('Agents who see the values').fill('dba-*');
      await row.evaluate((section) => section.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'rules-standing',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByText('41 hits').waitFor();
      await page.getByRole('button', { name: 'Add rule' }).click();
      const rows = page.getByRole('region', { name: 'Mask rules' }).locator('ol > li');
      const row = rows.last();
      await row.getByLabel('Table', { exact: true }).fill('customers');
      await row.getByLabel('Column', { exact: true }).fill('e*');
      await row.getByText('Masks nothing').waitFor();
      await row.getByLabel('When it steers a result').selectOption('equality');
      await row.getByRole('button', { name: /^Which columns/ }).click();
      await row.getByText('holds a copy').waitFor();
      await row.evaluate((section) => section.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'rules-layers',
    path: '#/rules/demo',
    prepare: (page) => page.getByRole('region', { name: 'Layers' }).locator('summary').click(),
  },
  {
    name: 'rules-explained',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByText('Maartje de Jong').first().waitFor();
      const panel = page.getByRole('region', { name: 'Test a statement' });
      await panel.getByLabel('Statement', { exact: true }).fill('select id, email, f(email) from customers');
      await panel.getByRole('button', { name: 'Test', exact: true }).click();
      await panel.getByText('the column customers.email itself').waitFor();
      await panel.evaluate((section) => section.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'rules-copies',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByRole('button', { name: /no longer holds copies$/ }).click();
    },
  },
  {
    name: 'rules-renamed',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByRole('region', { name: 'Renamed columns' }).evaluate((section) => section.scrollIntoView());
    },
  },
  {
    name: 'rules-import',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Import, export' }).click();
      const rule = (id: string, kind: string) => ({ id, table: 'customers', column: 'email', masker: { kind } });
      const maskRules = [rule('mask-customers-email', 'hash'), rule('new-one', 'full')];
      await page
        .getByLabel('Or its text')
        .fill(JSON.stringify({ format: 'postern-mask-rules', version: 1, maskRules }));
      await page.getByLabel('How').selectOption('replace');
    },
  },
  {
    name: 'rules-import-faults',
    path: '#/rules/shop',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Import, export' }).click();
      await page
        .getByLabel('Or its text')
        .fill(
          '{"format":"postern-mask-rules","version":1,"maskRules":[{"id":"a","tabel":"x","column":"y","masker":{"kind":"ful"}}]}',
        );
    },
  },
  { name: 'rules-file', path: '?file#/rules' },
  {
    name: 'policy',
    path: '#/rules',
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Policy' }).click();
      await page.getByLabel('Statement', { exact: true }).fill("update customers set email = '' where true");
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('The statement changes rows.').waitFor();
    },
  },
  {
    name: 'policy-rule',
    path: '#/rules',
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Policy' }).click();
      await page.getByRole('button', { name: 'Edit scratch' }).click();
      await page.getByLabel('Add a condition').selectOption('effects');
    },
  },
  {
    name: 'policy-json',
    path: '#/rules',
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Policy' }).click();
      await page.getByRole('button', { name: 'Import, export' }).click();
      await page
        .getByLabel('policyRules')
        .fill('[{ "id": "a", "when": { "colums": [] }, "verdict": "ask", "reason": "" }]');
      await page.getByRole('button', { name: 'Put into the draft' }).click();
    },
  },
  {
    name: 'backtest',
    path: '#/rules',
    prepare: async (page) => {
      await page.getByRole('tab', { name: 'Policy' }).click();
      await page.getByRole('button', { name: 'Switch off no-customer-emails' }).click();
      await page.getByRole('button', { name: 'Run with the draft' }).click();
      await page.getByText('2 statements would be answered otherwise').scrollIntoViewIfNeeded();
    },
  },
  { name: 'connections', path: '?problems#/connections' },
  {
    name: 'connection-form',
    path: '#/connections',
    prepare: async (page) => {
      await page
        .getByRole('article', { name: 'Connection shop', exact: true })
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('It does not work yet.').waitFor();
    },
  },
  {
    name: 'connection-command',
    path: '#/connections',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Add connection' }).click();
      await page.getByLabel('Comes from').selectOption('command');
      await page.getByLabel('Program and arguments').fill('az\naccount\nget-access-token');
      await page.getByLabel('Field, if the output is JSON').fill('accessToken');
      await page.getByLabel('Field of the expiry').fill('expires_on');
      await page.getByLabel('Field of the expiry').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'connection-service',
    path: '#/connections',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Add connection' }).click();
      await page.getByLabel('Comes from').selectOption('service');
      await page.getByLabel('Fill this form from').selectOption('shop-prod');
      await page.getByLabel('File', { exact: true }).scrollIntoViewIfNeeded();
    },
  },
  { name: 'agents', path: '#/connections/agents' },
  {
    name: 'agent-change',
    path: '#/connections/agents',
    prepare: (page) =>
      page.getByRole('article', { name: 'Agent claude-code' }).getByRole('button', { name: 'Change' }).click(),
  },
  {
    name: 'agent-rotate',
    path: '#/connections/agents',
    prepare: async (page) => {
      await page.getByRole('article', { name: 'Agent claude-code' }).getByRole('button', { name: 'New key' }).click();
      await page.getByLabel('The old key').selectOption('in a day');
    },
  },
  {
    name: 'agent-key',
    path: '#/connections/agents',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Add agent' }).click();
      await page.getByLabel('Name').fill('reviewer');
      await page.getByRole('checkbox', { name: 'shop', exact: true }).check();
      await page.getByRole('button', { name: 'Make key' }).click();
      await page.getByText('This key is shown only now.').waitFor();
    },
  },
  {
    name: 'connection-role',
    path: '#/connections',
    prepare: async (page) => {
      await page
        .getByRole('article', { name: 'Connection shop-staging', exact: true })
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.getByLabel('Sessions log in as').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'connection-token',
    path: '#/connections',
    prepare: (page) =>
      page
        .getByRole('article', { name: 'Connection shop', exact: true })
        .getByRole('button', { name: 'Agent address' })
        .click(),
  },
  {
    name: 'identity',
    path: '#/connections/identity',
    prepare: (page) =>
      page.getByRole('article', { name: 'Identity provider acme' }).getByRole('button', { name: 'Test' }).click(),
  },
  { name: 'identity-empty', path: '?empty#/connections/identity' },
  { name: 'identity-asked', path: '?asking#/connections/identity' },
  {
    name: 'identity-device',
    path: '?keychain#/connections/identity',
    prepare: (page) => page.getByRole('button', { name: 'Sign in on another device' }).click(),
  },
  {
    name: 'identity-form',
    path: '#/connections/identity',
    prepare: async (page) => {
      await page.getByRole('article', { name: 'Identity provider acme' }).getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Issuer').fill('http://login.acme.example');
      await page.getByRole('button', { name: 'Save', exact: true }).first().click();
      await page.getByText('Some fields need another look.').waitFor();
    },
  },
  {
    name: 'identity-form-end',
    path: '#/connections/identity',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Add provider' }).click();
      await page.getByRole('button', { name: 'Add grant' }).click();
      await page.getByLabel('Sign in at this provider').check();
      await page.getByRole('button', { name: 'Save', exact: true }).first().click();
      await page.getByLabel('Token exchange').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'token-trial',
    path: '#/connections/identity',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Try a token' }).click();
      await page.getByLabel('Access token').fill('eyJexpired.e30.x');
      await page.getByRole('button', { name: 'Try', exact: true }).first().click();
      await page.getByText('It is refused:').waitFor();
    },
  },
  {
    name: 'reports',
    path: '#/reports',
    prepare: (page) => page.getByRole('button', { name: 'Verify' }).nth(4).click(),
  },
  {
    name: 'gate',
    path: '#/gate',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText('The gate’s journals are whole').waitFor();
    },
  },
  { name: 'gate-empty', path: '?empty#/gate' },
  { name: 'settings', path: '#/settings' },
  {
    name: 'settings-seal',
    path: '?seal=none#/settings',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Seal…' }).click();
      await page.getByLabel('New passphrase').fill('correct horse battery');
      await page.getByLabel('Once more').fill('correct battery');
    },
  },
  {
    name: 'seal-changed',
    path: '?seal=changed',
    prepare: (page) => page.getByRole('button', { name: 'Put back what was sealed' }).waitFor(),
  },
  { name: 'seal-removed', path: '?seal=removed', prepare: (page) => page.getByLabel('New passphrase').waitFor() },
  {
    name: 'seal-locked',
    path: '?seal=locked',
    prepare: async (page) => {
      await page.getByLabel('Passphrase').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('This is not the passphrase').waitFor();
    },
  },
  { name: 'palette', path: '#/sessions', prepare: (page) => page.keyboard.press('Control+k') },
  { name: 'shortcuts', path: '#/sessions', prepare: (page) => page.keyboard.press('?') },
  {
    name: 'signed-out',
    path: '#/approvals',
    prepare: (page) => page.evaluate(() => (window as unknown as { signOut(): void }).signOut()),
  },
];
