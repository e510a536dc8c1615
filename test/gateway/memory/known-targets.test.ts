import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ConnectionConfig, connectionConfig, type Environment } from '../../../src/contract/index.ts';
import { KnownTargets, knownTargetsFile } from '../../../src/gateway/memory/known-targets.ts';
import { textStoreIn } from '../../../src/gateway/memory/text-store.ts';
import type { TargetIdentity } from '../../../src/gateway/upstream/types.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-targets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = (name: string, environment: Environment = 'staging', more: object = {}): ConnectionConfig =>
  connectionConfig.parse({
    name,
    environment,
    upstream: { host: 'db.example', database: 'shop', user: 'app' },
    ...more,
  });
const identity = (systemIdentifier: string | null, databaseOid = '16384'): TargetIdentity => ({
  systemIdentifier,
  databaseOid,
  database: 'shop',
});
const staging = config('staging');

test('the first database is trusted, and remembered over a restart', () => {
  expect(new KnownTargets(textStoreIn(folder, knownTargetsFile)).check(staging, identity('1'), [staging])).toBeNull();
  const later = new KnownTargets(textStoreIn(folder, knownTargetsFile));
  expect(later.check(staging, identity('1'), [staging])).toBeNull();
  expect(later.check(staging, identity('2'), [staging])?.reason).toBe(
    'Connection staging reaches another database than before: system 2, database 16384, and it was system 1, database 16384.',
  );
  expect(statSync(join(folder, 'known-targets.json')).mode & 0o777).toBe(0o600);
});

test('another database is doubted until the operator accepts that very one', () => {
  const targets = new KnownTargets(textStoreIn(folder, knownTargetsFile));
  targets.check(staging, identity('1'), [staging]);
  const doubt = targets.check(staging, identity('2'), [staging]);
  const other = targets.check(staging, identity('3'), [staging]);
  expect([targets.accept('staging'), targets.accept('staging')]).toEqual([true, false]);
  expect([doubt?.settled(), other?.settled()]).toEqual([false, true]);
  expect(targets.check(staging, identity('3'), [staging])).toBeNull();
});

test('a session that reached the known one does not clear the doubt about another', () => {
  const targets = new KnownTargets(textStoreIn(folder, knownTargetsFile));
  targets.check(staging, identity('1'), [staging]);
  const doubt = targets.check(staging, identity('2'), [staging]);
  expect(targets.check(staging, identity('1'), [staging])).toBeNull();
  expect(doubt?.settled()).toBe(false);
});

test('another database of the same server is another database, but where any name passes', () => {
  const targets = new KnownTargets(textStoreIn(folder, knownTargetsFile));
  const open = config('open', 'staging', { anyDatabase: true });
  targets.check(staging, identity('1', '5'), [staging, open]);
  targets.check(open, identity('1', '5'), [staging, open]);
  expect(targets.check(staging, identity('1', '6'), [staging, open])).not.toBeNull();
  expect(targets.check(open, identity('1', '6'), [staging, open])).toBeNull();
});

test('a connection with a lax label that reaches the database of a stricter one is doubted from the first time on', () => {
  const production = config('production', 'production');
  const all = [staging, production];
  const targets = new KnownTargets(textStoreIn(folder, knownTargetsFile));
  targets.check(production, identity('1'), all);
  expect(targets.check(staging, identity('1'), all)?.reason).toBe(
    'Connection staging is labelled staging, and reaches the database of connection production, which is labelled production.',
  );
  targets.accept('staging');
  expect(targets.check(staging, identity('1'), all)).toBeNull();
  expect(targets.check(production, identity('1'), all)).toBeNull();
});

test('a database that no longer tells which one it is is doubted for good; one that never did is not', () => {
  const targets = new KnownTargets(textStoreIn(folder, knownTargetsFile));
  expect(targets.check(staging, null, [staging])).toBeNull();
  targets.check(staging, identity(null), [staging]);
  expect(targets.check(staging, null, [staging])?.settled()).toBe(false);
});

test('a damaged file is not taken for an empty one', () => {
  writeFileSync(join(folder, 'known-targets.json'), '{"version":1');
  expect(() => new KnownTargets(textStoreIn(folder, knownTargetsFile))).toThrow(/known-targets\.json is damaged/);
  expect(readFileSync(join(folder, 'known-targets.json'), 'utf8')).toBe('{"version":1');
});
