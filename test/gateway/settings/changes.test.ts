import { expect, test } from 'vitest';
import { connectionConfig } from '../../../src/contract/index.ts';
import { settingsChanges } from '../../../src/gateway/settings/changes.ts';

const shop = connectionConfig.parse({ name: 'shop', upstream: { host: 'db', database: 'shop', user: 'app' } });
const claude = { name: 'claude', keyHash: 'aa', connections: ['shop'], createdAt: 1, revokedAt: null };
const rule = { id: 'emails', schema: 'public', table: 'people', column: 'email', masker: { kind: 'full' } } as const;

test('says what was added, removed and changed, and never shows a key hash', () => {
  const before = { connections: [shop, { ...shop, name: 'old' }], agents: [claude], identityProviders: [] };
  const after = {
    connections: [{ ...shop, policy: 'observe' as const, maskRules: [rule] }],
    agents: [
      { ...claude, keyHash: 'bb', revokedAt: 5 },
      { ...claude, name: 'second', scope: { readOnly: true }, groups: ['night'] },
    ],
    identityProviders: [],
  };
  expect(settingsChanges(before, after)).toEqual([
    'connection old removed',
    'connection shop: policy now "observe"',
    `connection shop: mask rules now ${JSON.stringify([rule])}`,
    'agent claude: key revoked',
    'agent claude: new key',
    'agent second added',
    'agent second: groups now night',
    'agent second: scope now {"readOnly":true}',
    'agent second: connections now shop',
  ]);
});

test('says that a key was replaced, until when the one before is valid, and which groups an agent has', () => {
  const settings = { connections: [shop], agents: [claude], identityProviders: [] };
  const agents = [{ ...claude, keyHash: 'bb', formerKeys: [{ keyHash: 'aa', until: 60_000 }], groups: ['night'] }];
  expect(settingsChanges(settings, { ...settings, agents })).toEqual([
    'agent claude: new key; the one before is valid until 1970-01-01T00:01:00.000Z',
    'agent claude: groups now night',
  ]);
});

test('says nothing when nothing changed', () => {
  const settings = { connections: [shop], agents: [claude], identityProviders: [] };
  expect(settingsChanges(settings, structuredClone(settings))).toEqual([]);
});
