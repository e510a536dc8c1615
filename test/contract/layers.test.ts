import { expect, test } from 'vitest';
import { accountNote, connectionConfig, maskLayers, type UpstreamAccount } from '../../src/contract/index.ts';

const config = (more: object = {}) =>
  connectionConfig.parse({
    name: 'shop',
    upstream: { host: 'db', database: 'shop', user: 'app' },
    maskRules: [{ id: 'mail', table: 'users', column: 'email', masker: { kind: 'email' } }],
    ...more,
  });
const states = (more: object) =>
  Object.fromEntries(maskLayers(config(more)).map(({ name, state }) => [name.toLowerCase(), state]));

test.each<[string, object, Record<string, string>]>([
  [
    'an account of its own for all',
    {},
    { fence: 'off', session: 'in_force', decision: 'in_force', cells: 'in_force', text: 'in_force', net: 'off' },
  ],
  ['a role to become', { sessionRole: { kind: 'set_role', role: 'r' } }, { fence: 'partly' }],
  ['roles without withheld columns', { sessionRole: { kind: 'just_in_time' } }, { fence: 'partly' }],
  ['roles without masked columns', { sessionRole: { kind: 'just_in_time', fence: 'masked' } }, { fence: 'in_force' }],
  ['nobody who is asked', { policy: 'observe' }, { session: 'off', decision: 'partly', cells: 'in_force' }],
  ['no rule', { maskRules: [] }, { decision: 'off', cells: 'off', text: 'off' }],
  ['a net that masks', { detectors: { action: 'mask' } }, { net: 'in_force' }],
  ['a net that masks one kind', { detectors: { action: 'report', overrides: { api_key: 'mask' } } }, { net: 'partly' }],
  ['a net that would ask nobody', { policy: 'observe', detectors: { action: 'ask' } }, { net: 'off' }],
])('with %s the layers are told as they are', (_, more, expected) => {
  expect(states(more)).toMatchObject(expected);
});

const account: UpstreamAccount = {
  ...{ role: 'app', superuser: false, createRole: false, replication: false, bypassesRowSecurity: false },
  ...{ ownsDatabase: false, ownedRelations: 0, powerfulRoles: [] },
};

test('of an account that a proxy cannot hold back it is said, and of one that was not looked at', () => {
  expect(accountNote({ config: config(), account: null })).toMatchObject({ tone: 'info' });
  expect(accountNote({ config: config(), account: { ...account, ownsDatabase: true } })).toMatchObject({
    tone: 'ask',
    text: expect.stringMatching(/^app owns the database\. Such a credential cannot be made safe by a proxy alone/),
  });
  expect(accountNote({ config: config(), account })).toBeNull();
  const justInTime = config({ sessionRole: { kind: 'just_in_time' } });
  expect(accountNote({ config: justInTime, account: { ...account, superuser: true } })).toBeNull();
});
