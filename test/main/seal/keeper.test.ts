import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { replaceFile } from '../../../src/gateway/door/files.ts';
import { copiedColumnsFile } from '../../../src/gateway/memory/copied-columns.ts';
import { coveredColumnsFile } from '../../../src/gateway/memory/covered-columns.ts';
import { foundColumnsFile } from '../../../src/gateway/memory/found-columns.ts';
import { knownTargetsFile } from '../../../src/gateway/memory/known-targets.ts';
import { defaultSettings, openSettings, type SettingsFile } from '../../../src/main/desk/settings-file.ts';
import { sealedSettings, sealedStores } from '../../../src/main/seal/installation-keeper.ts';
import type { SealKeeper } from '../../../src/main/seal/keeper.ts';
import { aConnection, anAgent } from '../support/fakes.ts';
import { aPlace, fakeKeychain, type Place, passphrase } from './support.ts';

const targets = (systemIdentifier: string) =>
  `${JSON.stringify({ version: 1, targets: { orders: { systemIdentifier, databaseOid: '5', sameAs: null } } }, null, 2)}\n`;

const settings: SettingsFile = {
  ...defaultSettings,
  connections: [
    aConnection({
      maskRules: [{ id: 'emails', schema: 'public', table: 'people', column: 'email', masker: { kind: 'email' } }],
    }),
  ],
  agents: [{ ...anAgent(), connections: ['orders'] }],
};

let place: Place;
beforeEach(async () => {
  place = await aPlace();
});

/** A sealed installation with a connection, an agent and a known database; closed. */
async function sealed(overrides = {}): Promise<void> {
  const keeper = await place.open(passphrase, overrides);
  const store = await openSettings(place.layout.settings, sealedSettings(keeper.state));
  await store.saveFile(settings);
  sealedStores(keeper.state, place.layout)(knownTargetsFile).write(targets('1'));
  await keeper.close();
}

const read = (path: string): string => readFileSync(path, 'utf8');
const edit = (path: string, from: string | RegExp, to: string): void => {
  const text = read(path);
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
};
const facts = (keeper: SealKeeper) => {
  const { phase, doubt, restorable, changes } = keeper.view();
  return { phase, doubt, restorable, changes };
};

describe('a seal that holds', () => {
  test('is checked with the passphrase and lets the settings be read, which nobody else may', async () => {
    await sealed();
    const keeper = await place.open();
    expect(facts(keeper)).toEqual({ phase: 'open', doubt: null, restorable: false, changes: [] });
    expect((await openSettings(place.layout.settings, sealedSettings(keeper.state))).file()).toEqual(settings);
    expect(keeper.view()).toMatchObject({ sealedWith: 'passphrase', counter: 3, sealedBy: 'ada' });
    expect(statSync(place.layout.seal).mode & 0o777).toBe(0o600);
    await keeper.close();
    expect(place.records().map(({ event, counter }) => [event, counter])).toEqual([
      ['sealed', 1],
      ['sealed', 2],
      ['sealed', 3],
      ['checked', 3],
    ]);
  });

  test('without its passphrase nothing can be read', async () => {
    await sealed();
    const keeper = await place.open(null);
    expect(facts(keeper)).toMatchObject({ phase: 'locked', changes: [] });
    expect(() => keeper.state).toThrow('not known yet');
    expect(await keeper.unlock(passphrase)).toMatchObject({ phase: 'open' });
  });

  test('is refused with the wrong passphrase, at the start and later', async () => {
    await sealed();
    await expect(place.open('wrong horse battery')).rejects.toMatchObject({ code: 'passphrase_wrong' });
    const keeper = await place.open(null);
    await expect(keeper.unlock('wrong horse battery')).rejects.toMatchObject({ code: 'passphrase_wrong' });
    expect(keeper.phase).toBe('locked');
  });

  test('takes a passphrase however its letters were composed', async () => {
    const keeper = await place.open('crème brûlée au four'.normalize('NFC'));
    await keeper.close();
    expect((await place.open('crème brûlée au four'.normalize('NFD'))).phase).toBe('open');
  });

  test('is not made with a passphrase that is short', async () => {
    await expect(place.open('too short')).rejects.toMatchObject({ code: 'passphrase_short' });
  });

  test('holds a secret of its own in no file', async () => {
    await sealed();
    const { key } = JSON.parse(read(place.layout.seal));
    expect(Object.keys(key.wrapped).sort()).toEqual(['kind', 'nonce', 'salt', 'scryptN', 'sealed']);
  });
});

describe('what was changed from outside is not believed:', () => {
  const change = { file: 'settings.json', kind: 'changed' };
  test.each<[string, string | RegExp, string, object]>([
    [
      'a mask rule that is taken away',
      /"maskRules": \[[\s\S]*?\n {6}\]/,
      '"maskRules": []',
      {
        file: 'settings.json',
        path: 'connections[orders].maskRules[emails]',
        kind: 'removed',
        before: expect.stringContaining('"column":"email"'),
        after: null,
      },
    ],
    [
      'a policy',
      '"policy": "production"',
      '"policy": "observe"',
      { ...change, path: 'connections[orders].policy', before: '"production"', after: '"observe"' },
    ],
    [
      'the host of a connection',
      'db.internal',
      'db.intern\u202eal',
      { ...change, path: 'connections[orders].upstream.host', before: '"db.internal"', after: '"db.intern\u202eal"' },
    ],
    [
      'the key of an agent, shown by its fingerprint only',
      'ab'.repeat(32),
      'cd'.repeat(32),
      { ...change, path: 'agents[claude].keyHash', before: 'fingerprint abababab', after: 'fingerprint cdcdcdcd' },
    ],
    [
      'the listener',
      '"host": "127.0.0.1"',
      '"host": "0.0.0.0"',
      { ...change, path: 'listener.host', before: '"127.0.0.1"', after: '"0.0.0.0"' },
    ],
    [
      'an identity provider',
      '"identityProviders": []',
      '"identityProviders": [{"name":"mine"}]',
      {
        file: 'settings.json',
        path: 'identityProviders[mine]',
        kind: 'added',
        before: null,
        after: '{"name":"mine"}',
      },
    ],
    [
      'the deadline',
      '"approvalDeadlineSeconds": 300',
      '"approvalDeadlineSeconds": 0',
      { ...change, path: 'approvalDeadlineSeconds', before: '300', after: '0' },
    ],
    [
      'one byte of white space',
      '{\n',
      '{\n ',
      { ...change, path: '', before: null, after: expect.stringContaining('Only the layout differs') },
    ],
    [
      'a file that is no JSON any more',
      '{',
      '[',
      { ...change, path: '', before: expect.stringMatching(/^\{/), after: expect.stringMatching(/^\[/) },
    ],
  ])('%s', async (_what, from, to, difference) => {
    await sealed();
    edit(place.layout.settings, from, to);
    const keeper = await place.open();
    expect(facts(keeper)).toEqual({ phase: 'doubted', doubt: 'changed', restorable: true, changes: [difference] });
    expect(() => keeper.state).toThrow('not known yet');
    await keeper.close();
    expect(place.records().at(-1)).toMatchObject({ event: 'broken', reason: 'changed', digest: keeper.view().found });
  });

  test('every single byte of the settings', async () => {
    await sealed();
    const whole = readFileSync(place.layout.settings);
    for (let at = 0; at < whole.length; at += 97) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(place.layout.settings, bytes);
      const keeper = await place.open();
      expect([at, keeper.phase]).toEqual([at, 'doubted']);
      await keeper.close();
    }
  });

  test('the settings are gone', async () => {
    await sealed();
    rmSync(place.layout.settings);
    const keeper = await place.open();
    expect(facts(keeper)).toMatchObject({ doubt: 'changed', restorable: true });
    expect(keeper.view().changes).toContainEqual(
      expect.objectContaining({ path: 'connections[orders]', kind: 'removed', file: 'settings.json' }),
    );
  });

  test('a known database', async () => {
    await sealed();
    writeFileSync(join(place.layout.keys, 'known-targets.json'), targets('2'));
    expect(facts(await place.open())).toMatchObject({
      doubt: 'changed',
      changes: [
        { file: 'keys/known-targets.json', path: 'targets.orders.systemIdentifier', before: '"1"', after: '"2"' },
      ],
    });
  });

  test('that a column holds copies of masked values', async () => {
    await sealed();
    const keeper = await place.open();
    const copies = { version: 1, columns: [{ connection: 'orders', relation: 'backup', column: 'email' }] };
    sealedStores(keeper.state, place.layout)(copiedColumnsFile).write(JSON.stringify(copies));
    sealedStores(keeper.state, place.layout)(knownTargetsFile).write(targets('2'));
    await keeper.close();
    rmSync(join(place.layout.keys, copiedColumnsFile));
    expect(facts(await place.open())).toMatchObject({
      doubt: 'changed',
      restorable: true,
      changes: expect.arrayContaining([expect.objectContaining({ path: 'columns', kind: 'removed' })]),
    });
  });

  test('which columns rules cover, so that a new name does not unmask them', async () => {
    await sealed();
    const keeper = await place.open();
    const database = { connection: 'orders', database: 'shop', systemIdentifier: '1', databaseOid: '5', columns: [] };
    const text = JSON.stringify({ version: 1, databases: [database] });
    sealedStores(keeper.state, place.layout)(coveredColumnsFile).write(text);
    sealedStores(keeper.state, place.layout)(knownTargetsFile).write(targets('2'));
    await keeper.close();
    rmSync(join(place.layout.keys, coveredColumnsFile));
    expect(facts(await place.open())).toMatchObject({ doubt: 'changed', restorable: true });
  });

  test('in which columns detectors recognised something', async () => {
    await sealed();
    const keeper = await place.open();
    const note = { schema: 'public', table: 'orders', column: 'note' };
    const found = [{ column: note, place: 'public.orders.note', detector: 'email' }];
    sealedStores(
      keeper.state,
      place.layout,
    )(foundColumnsFile).write(JSON.stringify({ version: 1, connections: { orders: { found, dismissed: [] } } }));
    sealedStores(keeper.state, place.layout)(knownTargetsFile).write(targets('2'));
    await keeper.close();
    rmSync(join(place.layout.keys, foundColumnsFile));
    expect(facts(await place.open())).toMatchObject({ doubt: 'changed', restorable: true });
  });

  test.each(['mask-hash.key', 'journal-signing-key.pem', 'agent-authority-key.pem'])(
    'the key file %s, which cannot be put back from a digest',
    async (name) => {
      await sealed();
      const other = await aPlace();
      await (await other.open(null)).close();
      for (const file of name === 'journal-signing-key.pem' ? [name, 'journal-signing-key.pub.pem'] : [name]) {
        copyFileSync(join(other.layout.keys, file), join(place.layout.keys, file));
      }
      const keeper = await place.open();
      expect(facts(keeper)).toMatchObject({ doubt: 'changed', restorable: false });
      expect(keeper.view().changes[0]).toMatchObject({ file: `keys/${name}`, kind: 'changed' });
      expect(() => keeper.restore(keeper.view().found)).toThrow('cannot be put back');
      expect(await keeper.accept(keeper.view().found, passphrase)).toMatchObject({ phase: 'open' });
    },
  );

  test('the seal is gone: the journals know that there was one', async () => {
    await sealed();
    rmSync(place.layout.seal);
    const keeper = await place.open();
    expect(facts(keeper)).toMatchObject({ phase: 'doubted', doubt: 'removed', restorable: false });
  });

  test('the seal and everything that speaks of it is gone: settings worth a seal are still asked about', async () => {
    await sealed();
    rmSync(place.layout.seal);
    rmSync(place.layout.journals, { recursive: true });
    const keeper = await place.open();
    expect(facts(keeper)).toMatchObject({ phase: 'doubted', doubt: 'unsealed', restorable: false });
    expect(keeper.view().changes).toContainEqual(expect.objectContaining({ path: 'agents[claude]', kind: 'added' }));
  });

  test('an older pair of settings and seal is put back', async () => {
    await sealed();
    const older = { settings: read(place.layout.settings), seal: read(place.layout.seal) };
    const keeper = await place.open();
    const store = await openSettings(place.layout.settings, sealedSettings(keeper.state));
    await store.save({ ...store.current(), agents: [anAgent({ revokedAt: 7 })] });
    await keeper.close();
    writeFileSync(place.layout.settings, older.settings);
    writeFileSync(place.layout.seal, older.seal);
    const next = await place.open();
    expect(facts(next)).toEqual({ phase: 'doubted', doubt: 'rolled_back', restorable: true, changes: [] });
    // Accepted, it is ahead of what was rolled back and is asked about no more.
    expect(await next.accept(next.view().found, passphrase)).toMatchObject({ phase: 'open', counter: 5 });
    await next.close();
    expect((await place.open()).phase).toBe('open');
  });

  test('the body of the seal', async () => {
    await sealed();
    edit(place.layout.seal, 'production', 'observing!');
    expect(facts(await place.open())).toMatchObject({ phase: 'doubted', doubt: 'forged', restorable: false });
  });

  test('the seal is no seal at all', async () => {
    await sealed();
    writeFileSync(place.layout.seal, '{}');
    expect(facts(await place.open())).toMatchObject({ phase: 'doubted', doubt: 'forged' });
  });

  test('settings and a seal of another key are put in place: the operator’s passphrase does not fit', async () => {
    const theirs = await aPlace();
    await (await theirs.open('the passphrase of another')).close();
    await sealed();
    for (const file of ['settings', 'seal'] as const) {
      if (file === 'seal') copyFileSync(theirs.layout.seal, place.layout.seal);
      else writeFileSync(place.layout.settings, JSON.stringify(defaultSettings));
    }
    await expect(place.open()).rejects.toMatchObject({ code: 'passphrase_wrong' });
  });
});

describe('the operator decides', () => {
  const tampered = async () => {
    await sealed();
    edit(place.layout.settings, '"policy": "production"', '"policy": "observe"');
    return place.open();
  };

  test('to put back what was sealed', async () => {
    const keeper = await tampered();
    expect(keeper.restore(keeper.view().found)).toMatchObject({ phase: 'open', counter: 4 });
    expect(JSON.parse(read(place.layout.settings))).toEqual(settings);
    await keeper.close();
    expect((await place.open()).phase).toBe('open');
    expect(
      place
        .records()
        .slice(-3)
        .map(({ event, by, reason }) => [event, by, reason]),
    ).toEqual([
      ['broken', 'ada', 'changed'],
      ['restored', 'ada', 'changed'],
      ['checked', 'ada', null],
    ]);
  });

  test('to accept the change, with the passphrase', async () => {
    const keeper = await tampered();
    const { found } = keeper.view();
    await expect(keeper.accept(found, null)).rejects.toMatchObject({ code: 'passphrase_missing' });
    await expect(keeper.accept(found, 'wrong horse battery')).rejects.toMatchObject({ code: 'passphrase_wrong' });
    expect(await keeper.accept(found, passphrase)).toMatchObject({ phase: 'open', counter: 4, sealedBy: 'ada' });
    const store = await openSettings(place.layout.settings, sealedSettings(keeper.state));
    expect(store.current().connections[0]?.policy).toBe('observe');
    await keeper.close();
    expect((await place.open()).phase).toBe('open');
    expect(place.records().at(-2)).toMatchObject({ event: 'accepted', by: 'ada', reason: 'changed', digest: found });
  });

  test('about what he saw and nothing else', async () => {
    const keeper = await tampered();
    const { found } = keeper.view();
    edit(place.layout.settings, '"demo": false', '"demo": true');
    await expect(keeper.accept(found, passphrase)).rejects.toMatchObject({ code: 'seal_moved' });
    expect(() => keeper.restore(found)).toThrow('changed again meanwhile');
    expect(keeper.view().changes.map(({ path }) => path)).toEqual(['demo', 'connections[orders].policy']);
  });

  test('but not for settings that cannot be used', async () => {
    await sealed();
    edit(place.layout.settings, '"version": 1', '"version": 9');
    const keeper = await place.open();
    await expect(keeper.accept(keeper.view().found, passphrase)).rejects.toMatchObject({ code: 'settings_unreadable' });
    expect(keeper.phase).toBe('doubted');
  });

  test('to seal settings that never were, with a new passphrase', async () => {
    writeFileSync(place.layout.settings, JSON.stringify(settings));
    const keeper = await place.open(null);
    expect(facts(keeper)).toMatchObject({ phase: 'doubted', doubt: 'unsealed' });
    expect(await keeper.accept(keeper.view().found, passphrase)).toMatchObject({ phase: 'open', counter: 1 });
    await keeper.close();
    expect((await place.open()).phase).toBe('open');
  });
});

describe('a save', () => {
  test('that finds no room is not made: nothing was changed', async () => {
    await sealed();
    const full = (): never => {
      throw new Error('ENOSPC: no space left on device');
    };
    const keeper = await place.open(passphrase, { stage: full });
    const store = await openSettings(place.layout.settings, sealedSettings(keeper.state));
    await expect(store.saveFile(defaultSettings)).rejects.toMatchObject({ code: 'settings_not_saved' });
    expect(store.file()).toEqual(settings);
    await keeper.close();
    expect((await place.open()).view()).toMatchObject({ phase: 'open', counter: 3 });
  });

  test('that is cut off between seal and file is finished at the next start', async () => {
    await sealed();
    const before = read(place.layout.settings);
    const keeper = await place.open();
    const next = { ...settings, agents: [] };
    sealedSettings(keeper.state).write(JSON.stringify(next));
    writeFileSync(place.layout.settings, before); // as a crash right after the seal was written leaves it
    writeFileSync(`${place.layout.settings}.0123456789ab`, JSON.stringify(next));
    await keeper.close();
    const later = await place.open();
    expect(facts(later)).toMatchObject({ phase: 'open', doubt: null });
    expect(JSON.parse(read(place.layout.settings))).toEqual(next);
    expect(readdirSync(dirname(place.layout.settings)).sort()).toEqual([
      'journal',
      'keys',
      'seal.json',
      'settings.json',
    ]);
    await later.close();
    expect(place.records().at(-1)).toMatchObject({ event: 'completed', reason: 'settings.json', counter: 4 });
  });

  test('whose file cannot be put in place is taken back, in the seal too', async () => {
    await sealed();
    const before = read(place.layout.settings);
    const keeper = await place.open();
    const inTheWay = () => {
      rmSync(place.layout.settings);
      mkdirSync(join(place.layout.settings, 'in-the-way'), { recursive: true });
    };
    inTheWay();
    expect(() => sealedSettings(keeper.state).write('{}')).toThrow();
    rmSync(place.layout.settings, { recursive: true });
    replaceFile(place.layout.settings, before, 0o600);
    await keeper.close();
    const later = await place.open();
    expect([later.phase, later.state.text('settings.json')]).toEqual(['open', before]);
  });

  test('while another program edits the file keeps what holds, says so, and is recorded', async () => {
    await sealed();
    const keeper = await place.open();
    edit(place.layout.settings, '"policy": "production"', '"policy": "observe"');
    expect(keeper.problems()).toMatchObject([{ code: 'settings_edited' }]);
    const store = await openSettings(place.layout.settings, sealedSettings(keeper.state));
    expect(store.current().connections[0]?.policy).toBe('production');
    await store.save({ ...store.current(), agents: [] });
    expect(JSON.parse(read(place.layout.settings))).toEqual({ ...settings, agents: [] });
    expect(keeper.problems()).toEqual([]);
    await keeper.close();
    expect(
      place
        .records()
        .slice(-2)
        .map(({ event }) => event),
    ).toEqual(['edited', 'sealed']);
    expect((await place.open()).phase).toBe('open');
  });
});

test('an edit that a save overwrites before anybody looked is recorded all the same', async () => {
  await sealed();
  const keeper = await place.open();
  edit(place.layout.settings, '"policy": "production"', '"policy": "observe"');
  sealedSettings(keeper.state).write(JSON.stringify(settings));
  await keeper.close();
  expect(place.records().slice(-2)).toMatchObject([
    { event: 'edited', reason: 'settings.json was changed by another program' },
    { event: 'sealed' },
  ]);
});

test.each<[string, (path: string) => void]>([
  ['changed', (path) => writeFileSync(path, '{}')],
  ['removed', (path) => rmSync(path)],
])('a seal that is %s while the gate runs is put back, and recorded', async (_what, attack) => {
  await sealed();
  const keeper = await place.open();
  attack(place.layout.seal);
  await keeper.close();
  expect((await place.open()).view()).toMatchObject({ phase: 'open', counter: 3 });
  expect(place.records().map(({ event }) => event)).toEqual([
    'sealed',
    'sealed',
    'sealed',
    'checked',
    'edited',
    'checked',
  ]);
});

describe('the keychain', () => {
  test('seals a new installation without a question, and opens it again', async () => {
    const keychain = fakeKeychain();
    const first = await place.open(null, { keychain });
    expect(first.view()).toMatchObject({ phase: 'open', sealedWith: 'keychain', counter: 1 });
    await first.close();
    expect((await place.open(null, { keychain })).phase).toBe('open');
  });

  test('that does not give the key is a doubt, and the decision makes a new one', async () => {
    const keychain = fakeKeychain();
    await sealed({ keychain, sealAtOnce: true });
    const keeper = await place.open(null, { keychain });
    await keeper.unlock(passphrase);
    await keeper.change(passphrase, null);
    await keeper.close();
    keychain.forget();
    const later = await place.open(null, { keychain });
    expect(facts(later)).toMatchObject({ phase: 'doubted', doubt: 'key_unavailable' });
    expect(await later.accept(later.view().found, null)).toMatchObject({ phase: 'open', sealedWith: 'keychain' });
  });

  test('is changed for a passphrase at the desk, which the next start then wants', async () => {
    const keychain = fakeKeychain();
    const keeper = await place.open(null, { keychain });
    expect(await keeper.change(null, passphrase)).toMatchObject({ sealedWith: 'passphrase', counter: 2 });
    await keeper.close();
    expect((await place.open(null, { keychain })).phase).toBe('locked');
  });

  test('is not had without the passphrase that sealed until now', async () => {
    await sealed();
    const keeper = await place.open(passphrase, { keychain: fakeKeychain() });
    await expect(keeper.change(null, null)).rejects.toMatchObject({ code: 'passphrase_missing' });
    await expect(keeper.change('wrong horse battery', null)).rejects.toMatchObject({ code: 'passphrase_wrong' });
    expect(keeper.view()).toMatchObject({ sealedWith: 'passphrase', counter: 3 });
  });
});

test('what holds nothing needs no seal, and says so once it holds something', async () => {
  const keeper = await place.open(null);
  expect(keeper.view()).toMatchObject({ phase: 'open', sealedWith: null, counter: null });
  expect(keeper.problems()).toEqual([]);
  const store = await openSettings(place.layout.settings, sealedSettings(keeper.state));
  await store.saveFile(settings);
  expect(keeper.problems()).toMatchObject([{ code: 'settings_unsealed' }]);
  await keeper.change(null, passphrase);
  expect(keeper.problems()).toEqual([]);
});
