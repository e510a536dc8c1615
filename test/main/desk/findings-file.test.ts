import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { foundColumnsFile } from '../../../src/gateway/memory/found-columns.ts';
import { textStoreIn } from '../../../src/gateway/memory/text-store.ts';
import { openFindings } from '../../../src/main/desk/findings-file.ts';

let path: string;
const logged: string[] = [];
const log = (level: string, message: string): void => void logged.push(`${level}: ${message}`);
beforeEach(async () => {
  logged.length = 0;
  path = join(await mkdtemp(join(tmpdir(), 'postern-findings-')), 'data', 'findings.json');
});

const list = () => textStoreIn(join(path, '..', 'keys'), foundColumnsFile);

const email = {
  column: { schema: 'public', table: 't', column: 'note' },
  place: 'public.t.note',
  detector: 'email',
  values: 1,
  looked: 2,
  examples: ['aaa@aaa.aa'],
} as const;

test('findings and dismissals are there after a restart, for this user’s eyes only', async () => {
  const first = await openFindings(path, list(), log);
  first.findings.add('shop', [email]);
  first.findings.setDismissed('shop', [{ place: 'public.t.other', kind: 'phone' }], true);
  await first.close();
  const second = await openFindings(path, list(), log);
  expect(second.findings.of('shop')).toEqual(first.findings.of('shop'));
  expect(second.findings.isDismissed('shop', 'public.t.other', 'phone')).toBe(true);
  if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  await second.close();
  expect(logged).toEqual([]);
});

test('nothing is written while nothing is found', async () => {
  const store = await openFindings(path, list(), log);
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
  const store = await openFindings(path, list(), log);
  await store.close();
  await writeFile(path, text);
  await expect(openFindings(path, list(), log)).rejects.toMatchObject({
    code: 'findings_unreadable',
    message: expect.stringContaining('findings.json cannot be used'),
    hint: expect.stringContaining('move it away'),
  });
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a column that somebody takes out of the file, and a dismissal that somebody writes into it, change nothing', async () => {
  const first = await openFindings(path, list(), log);
  first.findings.add('shop', [email]);
  await first.close();
  const dismissed = [{ place: email.place, kind: 'email' }];
  await writeFile(path, JSON.stringify({ version: 1, connections: { shop: { findings: [], dismissed } } }));
  const second = await openFindings(path, list(), log);
  expect(second.findings.found('shop')).toEqual(new Map([['public.t.note', new Set(['email'])]]));
  expect(second.findings.of('shop')).toMatchObject([{ place: email.place, values: 0, dismissed: false }]);
  await second.close();
});

test('a damaged list of columns stops the start', async () => {
  list().write('{"version":1}');
  await expect(openFindings(path, list(), log)).rejects.toMatchObject({
    code: 'findings_unreadable',
    message: expect.stringContaining('found-columns.json is damaged'),
  });
});
