import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type ConnectionConfig, type CredentialSource, connectionConfig } from '../../../src/contract/index.ts';
import { CredentialVault } from '../../../src/gateway/upstream/credentials.ts';
import { UpstreamError } from '../../../src/gateway/upstream/error.ts';
import { runCommand } from '../../../src/gateway/upstream/run-command.ts';

const canary = 'canary-hunter2';

const connection = (credential: CredentialSource, name = 'shop'): ConnectionConfig =>
  connectionConfig.parse({ name, upstream: { host: 'db', database: 'shop', user: 'app', credential } });

const missing = async (vault: CredentialVault, config: ConnectionConfig): Promise<UpstreamError> => {
  const error = await vault.resolve(config).catch((reason: unknown) => reason);
  if (!(error instanceof UpstreamError)) throw new Error('no password was expected');
  expect(error.code).toBe('credential_missing');
  expect(inspect(error)).not.toContain(canary);
  return error;
};

test('a connection without a password needs none', async () => {
  const vault = new CredentialVault({ environment: {} });
  const config = connection({ from: 'none' });
  expect([vault.state(config), await vault.resolve(config)]).toEqual(['none', null]);
});

test('a password that is asked for is needed, then ready, then needed again once forgotten', async () => {
  const vault = new CredentialVault({ environment: {} });
  const config = connection({ from: 'prompt' });
  expect(vault.state(config)).toBe('needed');
  expect((await missing(vault, config)).hint).toBe('Enter it in Postern under Connections.');
  vault.supply('shop', canary);
  expect([vault.state(config), await vault.resolve(config)]).toEqual(['ready', canary]);
  vault.forget('shop');
  expect(vault.state(config)).toBe('needed');
});

test('an entered password that the server refused is asked for again', () => {
  const vault = new CredentialVault({ environment: {} });
  const config = connection({ from: 'prompt' });
  vault.supply('shop', canary);
  vault.rejected(config);
  expect(vault.state(config)).toBe('needed');
});

test('preload takes a variable out of the environment and keeps its value for every connection that names it', async () => {
  const environment: Record<string, string | undefined> = { DB_PASSWORD: canary, HOME: '/root' };
  const vault = new CredentialVault({ environment });
  const first = connection({ from: 'environment', variable: 'DB_PASSWORD' });
  const second = connection({ from: 'environment', variable: 'DB_PASSWORD' }, 'other');
  vault.preload([first, second]);
  expect(environment).toEqual({ HOME: '/root' });
  expect([await vault.resolve(first), await vault.resolve(second)]).toEqual([canary, canary]);
});

test('a variable that is not set, or empty, is needed; an entered password stands in for it', async () => {
  const vault = new CredentialVault({ environment: { DB_PASSWORD: '' } });
  const config = connection({ from: 'environment', variable: 'DB_PASSWORD' });
  expect(vault.state(config)).toBe('needed');
  expect((await missing(vault, config)).hint).toContain('Start Postern with DB_PASSWORD set');
  vault.supply('shop', canary);
  expect([vault.state(config), await vault.resolve(config)]).toEqual(['ready', canary]);
});

test('a forgotten connection no longer uses its variable, others do', () => {
  const vault = new CredentialVault({ environment: { DB_PASSWORD: canary } });
  const first = connection({ from: 'environment', variable: 'DB_PASSWORD' });
  const second = connection({ from: 'environment', variable: 'DB_PASSWORD' }, 'other');
  vault.preload([first, second]);
  vault.forget('shop');
  expect([vault.state(first), vault.state(second)]).toEqual(['needed', 'ready']);
});

test('a command is run once for all that ask at a time, again after five minutes and after a refusal', async () => {
  let now = 0;
  let runs = 0;
  const run = async (): Promise<string> => `${canary}-${++runs}\n`;
  const vault = new CredentialVault({ environment: {}, run, clock: () => now });
  const config = connection({ from: 'command', command: ['pass', 'show', 'db'] });
  expect(await Promise.all([vault.resolve(config), vault.resolve(config)])).toEqual([`${canary}-1`, `${canary}-1`]);
  now = 5 * 60_000 - 1;
  expect(await vault.resolve(config)).toBe(`${canary}-1`);
  now = 5 * 60_000;
  expect(await vault.resolve(config)).toBe(`${canary}-2`);
  vault.rejected(config);
  expect(await vault.resolve(config)).toBe(`${canary}-3`);
  vault.forget('shop');
  expect(await vault.resolve(config)).toBe(`${canary}-4`);
});

test('a command that fails is needed until it works again', async () => {
  let locked = true;
  const run = async (): Promise<string> => {
    if (locked) throw new Error('it ended with exit code 1');
    return canary;
  };
  const vault = new CredentialVault({ environment: {}, run });
  const config = connection({ from: 'command', command: ['pass', 'show', 'db'] });
  expect(vault.state(config)).toBe('ready');
  const error = await missing(vault, config);
  expect(error.message).toBe(
    'no password for connection shop (user app): the command "pass" gave none: it ended with exit code 1',
  );
  expect(vault.state(config)).toBe('needed');
  locked = false;
  expect(await vault.resolve(config)).toBe(canary);
  expect(vault.state(config)).toBe('ready');
});

test('only the last line break of the output is dropped, and no output is no password', async () => {
  const outputs = [' two words \n\n', 'windows\r\n', '\n'];
  const vault = new CredentialVault({ environment: {}, run: async () => outputs.shift() ?? '' });
  const config = (name: string): ConnectionConfig => connection({ from: 'command', command: [name] });
  expect(await vault.resolve(config('a'))).toBe(' two words \n');
  expect(await vault.resolve(config('b'))).toBe('windows');
  expect((await missing(vault, config('c'))).message).toContain('it printed nothing');
});

test('nothing that prints the vault shows a password', async () => {
  const vault = new CredentialVault({ environment: { DB_PASSWORD: canary }, run: async () => canary });
  vault.supply('shop', canary);
  vault.preload([connection({ from: 'environment', variable: 'DB_PASSWORD' })]);
  await vault.resolve(connection({ from: 'command', command: ['pass'] }, 'other'));
  const printed = [JSON.stringify({ vault }), inspect(vault, { showHidden: true, depth: 9 }), `${vault}`];
  expect(printed).toEqual(['{"vault":"[CredentialVault]"}', '[CredentialVault]', '[object Object]']);
});

test('the default runner takes standard output, without a shell', async () => {
  expect(await runCommand([process.execPath, '-e', 'process.stdout.write(process.argv[1])', '$HOME; *'])).toBe(
    '$HOME; *',
  );
});

test('the default runner tells how a command failed and nothing that it wrote', async () => {
  const script = `console.log('${canary}'); console.error('${canary}'); process.exit(3)`;
  await expect(runCommand([process.execPath, '-e', script])).rejects.toThrow(/^it ended with exit code 3$/);
  await expect(runCommand(['/no/such/program'])).rejects.toThrow(/^there is no such program$/);
  const flood = "process.stdout.write('x'.repeat(1e6))";
  await expect(runCommand([process.execPath, '-e', flood])).rejects.toThrow(/^it wrote more than 64 KiB$/);
});
