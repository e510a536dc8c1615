import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startCli } from './support/cli.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'postern-demo-e2e-'));

test('npm run demo ends by itself with every fact checked, and leaves journal and report', async () => {
  const folder = await newFolder();
  const { code, stdout, stderr } = await startCli(['demo', '--data-folder', folder]).ended;
  expect({ code, stderr, verdict: stdout.trim().split('\n').at(-1) }).toEqual({
    code: 0,
    stderr: '',
    verdict: 'All 12 facts hold.',
  });
  const kept = await readdir(folder);
  expect(kept.filter((name) => name.endsWith('.pdf'))).toHaveLength(1);
  expect(kept).not.toContain('postern.lock');
});

test('postern open with nothing configured starts the demo, and the printed address works as it is', async () => {
  const folder = await newFolder();
  const cli = startCli(['open', '--console', '--data-folder', folder], { NO_COLOR: '1' });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    cli.process.stdout?.on('data', (chunk) => {
      output += String(chunk);
      const found = /postgresql:\/\/\S+\/demo/.exec(output)?.[0];
      if (found !== undefined && output.includes('Ctrl+C')) resolve(found);
    });
    void cli.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  const agent = new pg.Client({ connectionString: url });
  agent.on('error', () => undefined);
  await agent.connect();
  const { rows } = await agent.query('SELECT name, email FROM customers WHERE id = 1');
  await agent.end();
  expect(rows).toEqual([{ name: 'Amara Eriksen', email: 'a***@***.org' }]);
  cli.process.kill('SIGINT');
  expect((await cli.ended).code).toBe(0);
});

test('a demo that finds the usual port taken says so and takes the next', async () => {
  const occupant = createServer();
  // Whoever has the port already does just as well.
  await new Promise<void>((resolve) => occupant.once('error', () => resolve()).listen(6432, '127.0.0.1', resolve));
  const { code, stdout } = await startCli(['demo', '--data-folder', await newFolder()]).ended;
  occupant.close();
  expect(stdout).toContain('Port 6432 is taken; trying the next one');
  expect(code).toBe(0);
});

test('with connections of one’s own, a port that is taken ends the start: their agents would knock elsewhere', async () => {
  const folder = await newFolder();
  const settings = join(folder, 'settings.json');
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;

  const first = startCli(['open', '--console', '--data-folder', folder], { NO_COLOR: '1' });
  await first.firstLine;
  await expect.poll(() => existsSync(settings)).toBe(true);
  first.process.kill('SIGTERM');
  await first.ended;
  const kept = JSON.parse(await readFile(settings, 'utf8'));
  const mine = { ...kept.connections[0], name: 'mine' };
  await writeFile(
    settings,
    JSON.stringify({ ...kept, connections: [...kept.connections, mine], listener: { ...kept.listener, port } }),
  );

  const passphrase = { POSTERN_PASSPHRASE: 'correct horse battery' };
  expect(await startCli(['seal', 'accept', '--data-folder', folder], passphrase).ended).toMatchObject({ code: 0 });
  const { code, stderr } = await startCli(['open', '--console', '--data-folder', folder], passphrase).ended;
  squatter.close();
  expect(code).toBe(2);
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is already in use.`);
});
