import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openFindings } from '../../../src/main/desk/findings-file.ts';

let path: string;
const logged: string[] = [];
const log = (level: string, message: string): void => void logged.push(`${level}: ${message}`);
beforeEach(async () => {
  logged.length = 0;
  path = join(await mkdtemp(join(tmpdir(), 'postern-findings-')), 'data', 'findings.json');
});

const email = {
  column: { schema: 'public', table: 't', column: 'note' },
  place: 'public.t.note',
  detector: 'email',
  values: 1,
  looked: 2,
  examples: ['aaa@aaa.aa'],
} as const;

test('findings and dismissals are there after a restart, for this user’s eyes only', async () => {
  const first = await openFindings(path, log);
  first.findings.add('shop', [email]);
  first.findings.setDismissed('shop', [{ place: 'public.t.other', kind: 'phone' }], true);
  await first.close();
  const second = await openFindings(path, log);
  expect(second.findings.of('shop')).toEqual(first.findings.of('shop'));
  expect(second.findings.isDismissed('shop', 'public.t.other', 'phone')).toBe(true);
  if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  await second.close();
  expect(logged).toEqual([]);
});

test('nothing is written while nothing is found', async () => {
  const store = await openFindings(path, log);
  await store.close();
  expect(await readdir(join(path, '..'))).toEqual([]);
});

test.each([
  ['a torn file', '{"version":1,'],
  ['another version', '{"version":2,"connections":{}}'],
  [
    'a detector that is none of ours',
    JSON.stringify({ version: 1, connections: { shop: { findings: [{ detector: 'x' }], dismissed: [] } } }),
  ],
])('%s stops the start, says why, and stays as it is', async (_, text) => {
  const store = await openFindings(path, log);
  await store.close();
  await writeFile(path, text);
  await expect(openFindings(path, log)).rejects.toMatchObject({
    code: 'findings_unreadable',
    message: expect.stringContaining('findings.json cannot be used'),
    hint: expect.stringContaining('move it away'),
  });
  expect(await readFile(path, 'utf8')).toBe(text);
});
