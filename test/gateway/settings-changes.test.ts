import { expect, test } from 'vitest';
import { connectionConfig } from '../../src/contract/index.ts';
import { settingsChanges } from '../../src/gateway/settings-changes.ts';

const shop = connectionConfig.parse({ name: 'shop', upstream: { host: 'db', database: 'shop', user: 'app' } });
const claude = { name: 'claude', keyHash: 'aa', connections: ['shop'], createdAt: 1, revokedAt: null };
const rule = { id: 'emails', schema: 'public', table: 'people', column: 'email', masker: { kind: 'full' } } as const;

test('says what was added, removed and changed, and never shows a key hash', () => {
  const before = { connections: [shop, { ...shop, name: 'old' }], agents: [claude], identityProviders: [] };
  const after = {
    connections: [{ ...shop, policy: 'observe' as const, maskRules: [rule] }],
    agents: [
      { ...claude, keyHash: 'bb', revokedAt: 5 },
      { ...claude, name: 'second' },
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
  ]);
});

test('says nothing when nothing changed', () => {
  const settings = { connections: [shop], agents: [claude], identityProviders: [] };
  expect(settingsChanges(settings, structuredClone(settings))).toEqual([]);
});
