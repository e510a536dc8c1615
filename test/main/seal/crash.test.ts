import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SavingOrder } from './saving-process.ts';
import { aPlace } from './support.ts';

// The program is put where its imports find the project's packages; Node 20 runs no TypeScript.
const programs = join(import.meta.dirname, '../../../node_modules/.cache/postern');
let program: string;

beforeAll(async () => {
  mkdirSync(programs, { recursive: true });
  const outDir = mkdtempSync(join(programs, 'saving-'));
  program = join(outDir, 'saving-process.mjs');
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(import.meta.dirname, 'saving-process.ts'),
      outDir,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'saving-process.mjs' } },
    },
  });
}, 60_000);
afterAll(() => rmSync(join(program, '..'), { recursive: true }));

test('kill -9 in the middle of saving never looks like a change from outside', { timeout: 60_000 }, async () => {
  const place = await aPlace();
  await (await place.open()).close();
  for (let round = 0; round < 8; round += 1) {
    const child = fork(program, { execArgv: [], stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.send({ folder: dirname(place.layout.settings) } satisfies SavingOrder);
    await new Promise((resolve) => child.once('message', resolve));
    // Another moment in each round; no two machines save equally fast.
    await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
    child.kill('SIGKILL');
    await ended;
    const keeper = await place.open();
    expect([round, keeper.view().doubt, keeper.phase]).toEqual([round, null, 'open']);
    await keeper.close();
  }
});
