import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../../src/main/commands/main.ts';
import { packageRoot } from '../../../src/main/desk/package-root.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createDatabase('CREATE TABLE users (id int PRIMARY KEY, email text)');
  folder = await mkdtemp(`${tmpdir()}/postern-command-`);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

async function policyTest(sql: string): Promise<string> {
  const { host, port, name, user, password } = database;
  const config = `${folder}/postern.json`;
  const credential = { from: 'environment', variable: 'SHOP_PASSWORD' };
  const connection = {
    name: 'shop',
    upstream: { host, port, database: name, user, sslmode: 'disable', credential },
    maskRules: [{ id: 'mail', table: 'users', column: 'email', masker: { kind: 'email' }, probes: 'refuse' }],
  };
  const agents = [{ name: 'claude', key: { hash: 'ab'.repeat(32) }, connections: ['shop'] }];
  await writeFile(config, JSON.stringify({ connections: [connection], agents }));
  const printed: string[] = [];
  await main(['policy', 'test', sql, '--config', config], {
    root: packageRoot(import.meta.dirname),
    print: (text) => void printed.push(text),
    say: (line) => void printed.push(line),
    terminal: { input: new PassThrough(), output: new PassThrough() },
    variables: { SHOP_PASSWORD: password },
    dataFolder: folder,
    operator: 'ada',
    random: (size) => Buffer.alloc(size, 7),
    monotonic: () => 0,
    ended: () => Promise.resolve('SIGTERM'),
    colour: false,
  });
  return printed.join('');
}

test('a statement that is tried is told column by column, and why it is refused', async () => {
  const [, ...lines] = (await policyTest('SELECT id, email, lower(email) AS low FROM users')).split('columns\n');
  expect(lines).toEqual([
    [
      '  id     shown                   no masked column goes into it',
      '  email  masked (email) by mail  the column users.email itself',
      '  low    masked whole            computed from users.email',
      '',
    ].join('\n'),
  ]);
  const probed = await policyTest("SELECT id FROM users WHERE email LIKE 'a%'");
  expect(probed).toMatch(/^BLOCK {2}refused-probe: /);
  expect(probed).toContain('\nprobe     users.email steers the result (level refuse: refused)\n');
  expect(await policyTest('COPY users TO STDOUT')).toContain(
    '  email  masked (email) by mail  the column users.email itself\n',
  );
  const unmaskable = await policyTest("COPY users TO STDOUT (NULL '')");
  expect(unmaskable).toContain('\nmasking   refuses it: ');
});
