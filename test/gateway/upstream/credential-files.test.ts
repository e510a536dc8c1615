import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type ConnectionConfig, type CredentialSource, connectionConfig } from '../../../src/contract/index.ts';
import { CredentialVault } from '../../../src/gateway/upstream/credentials.ts';
import { UpstreamError } from '../../../src/gateway/upstream/error.ts';
import { describeServices } from '../../../src/gateway/upstream/libpq/services.ts';
import { resolveSecrets } from '../../../src/gateway/upstream/target.ts';

const canary = 'canary-hunter2';

/** A home with libpq's files in it, and the environment that leads there. */
function home(files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-home-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return { folder, environment: { HOME: folder, PGSYSCONFDIR: join(folder, 'etc') } };
}

const connection = (credential: CredentialSource, more: Record<string, unknown> = {}): ConnectionConfig =>
  connectionConfig.parse({
    name: 'shop',
    upstream: { host: 'db', database: 'shop', user: 'app', credential },
    ...more,
  });

async function refusal(vault: CredentialVault, config: ConnectionConfig): Promise<[string, string, string | null]> {
  const error = await vault.resolve(config).catch((reason: unknown) => reason);
  if (!(error instanceof UpstreamError)) throw new Error('no password was expected');
  expect(inspect(error)).not.toContain(canary);
  return [error.code, error.message, error.hint];
}

test('the password file of the home is read at each log-in, PGPASSFILE before it, a given one before both', async () => {
  const { folder, environment } = home({
    '.pgpass': `db:5432:shop:app:${canary}\n`,
    given: '*:*:*:*:given',
    env: '*:*:*:*:env',
  });
  const config = connection({ from: 'pgpass' });
  const vault = new CredentialVault({ environment });
  expect([vault.state(config), await vault.resolve(config)]).toEqual(['ready', canary]);
  writeFileSync(join(folder, '.pgpass'), 'db:5432:*:*:new');
  expect(await vault.resolve(config)).toBe('new');
  const other = new CredentialVault({ environment: { ...environment, PGPASSFILE: join(folder, 'env') } });
  expect(await other.resolve(config)).toBe('env');
  expect(await other.resolve(connection({ from: 'pgpass', file: join(folder, 'given') }))).toBe('given');
});

test('where the agent names database and user, its own line is taken', async () => {
  const { environment } = home({ '.pgpass': 'db:5432:shop:app:account\ndb:5432:sales:ada:hers\n' });
  const vault = new CredentialVault({ environment });
  const config = connection({ from: 'pgpass' }, { anyDatabase: true, anyUser: true });
  const asked = { database: 'sales', user: 'ada' };
  expect((await resolveSecrets(vault, config, null, asked)).password).toBe('hers');
  expect((await resolveSecrets(vault, connection({ from: 'pgpass' }), null, asked)).password).toBe('account');
});

test.skipIf(process.platform === 'win32')(
  'a password file that others may read is refused, and said to be',
  async () => {
    const { folder, environment } = home({ '.pgpass': `*:*:*:*:${canary}` });
    const path = join(folder, '.pgpass');
    const vault = new CredentialVault({ environment });
    const config = connection({ from: 'pgpass' });
    for (const mode of [0o640, 0o604, 0o610, 0o601]) {
      chmodSync(path, mode);
      expect(await refusal(vault, config)).toEqual([
        'credential_file',
        `the password file ${path} can be read by others than its owner, so its password is not used`,
        `Run "chmod 600 ${path}", and change the password if somebody else may have read it.`,
      ]);
      expect(vault.state(config)).toBe('needed');
    }
    chmodSync(path, 0o400);
    expect([await vault.resolve(config), vault.state(config)]).toEqual([canary, 'ready']);
  },
);

test('a missing file, a folder in its place, no line that fits and an empty password each say what to do', async () => {
  const { folder, environment } = home({ none: 'other:*:*:*:x', empty: 'db:*:*:*:' });
  mkdirSync(join(folder, 'folder'), { mode: 0o700 });
  const vault = new CredentialVault({ environment });
  const said = async (file: string): Promise<string> =>
    (await refusal(vault, connection({ from: 'pgpass', file: join(folder, file) }))).slice(0, 2).join(': ');
  expect(await Promise.all(['absent', 'folder', 'none', 'empty'].map(said))).toEqual([
    `credential_missing: there is no password file ${join(folder, 'absent')}`,
    `credential_file: the password file ${join(folder, 'folder')} cannot be read: it is not a plain file`,
    `credential_missing: no line of the password file ${join(folder, 'none')} fits db:5432:shop:app`,
    `credential_missing: no line of the password file ${join(folder, 'empty')} fits db:5432:shop:app`,
  ]);
});

const service: CredentialSource = { from: 'service', service: 'shop' };

test('a service gives its password, or that of the password file it names, or that of the usual one', async () => {
  const { folder, environment } = home({
    '.pg_service.conf': `[shop]\nhost=db\nuser=app\npassword=${canary}\n`,
    named: `[shop]\npassfile=PASSFILE`,
    bare: '[shop]\nhost=db',
    passwords: '*:*:*:*:from the file it names',
    '.pgpass': '*:*:*:*:from the usual file',
  });
  writeFileSync(join(folder, 'named'), `[shop]\npassfile=${join(folder, 'passwords')}`);
  const vault = new CredentialVault({ environment });
  expect(await vault.resolve(connection(service))).toBe(canary);
  expect(await vault.resolve(connection({ ...service, file: join(folder, 'named') }))).toBe('from the file it names');
  expect(await vault.resolve(connection({ ...service, file: join(folder, 'bare') }))).toBe('from the usual file');
});

test('a service that leads elsewhere than the connection gets no password sent there', async () => {
  const { folder, environment } = home({
    '.pg_service.conf': `[shop]\nhost=evil\nport=1\nuser=app\npassword=${canary}\n`,
  });
  const vault = new CredentialVault({ environment });
  expect(await refusal(vault, connection(service))).toEqual([
    'credential_file',
    `the service shop in ${join(folder, '.pg_service.conf')} has another host and port than the connection: its password is not sent there`,
    'If the change is right, save the connection again with the new values.',
  ]);
});

test.skipIf(process.platform === 'win32')(
  'a service file that others may read is good for all but its password',
  async () => {
    const { folder, environment } = home({
      '.pg_service.conf': `[shop]\npassword=${canary}\n`,
      '.pgpass': '*:*:*:*:x',
    });
    const path = join(folder, '.pg_service.conf');
    chmodSync(path, 0o644);
    const vault = new CredentialVault({ environment });
    expect((await refusal(vault, connection(service))).slice(0, 2)).toEqual([
      'credential_file',
      `the service file ${path} can be read by others than its owner, so its password is not used`,
    ]);
    writeFileSync(path, '[shop]\nhost=db\n');
    expect(await vault.resolve(connection(service))).toBe('x');
  },
);

test('services are listed as they would be found, the home before the system, without any password', () => {
  const { folder, environment } = home({
    '.pg_service.conf': `[shop]\nhost=db\nuser=app\npassword=${canary}\n[odd]\nhostaddr=::1\n[broken]\n${canary}\n`,
  });
  mkdirSync(environment.PGSYSCONFDIR);
  writeFileSync(join(environment.PGSYSCONFDIR, 'pg_service.conf'), '[shop]\nhost=other\n[office]\nhost=office\n');
  const file = join(folder, '.pg_service.conf');
  const none = { unsupported: [], problem: null };
  expect(describeServices(environment)).toEqual([
    { service: 'shop', file, settings: { host: 'db', port: 5432, database: 'app', user: 'app' }, ...none },
    { service: 'odd', file, settings: { host: 'localhost', port: 5432 }, unsupported: ['hostaddr'], problem: null },
    {
      service: 'broken',
      file,
      settings: {},
      unsupported: [],
      problem: `line 8 of the service file ${file} is no keyword=value`,
    },
    {
      service: 'office',
      file: join(environment.PGSYSCONFDIR, 'pg_service.conf'),
      settings: { host: 'office', port: 5432 },
      ...none,
    },
  ]);
});
