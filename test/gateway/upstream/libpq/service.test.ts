import { expect, test } from 'vitest';
import { readService, ServiceSyntaxError, serviceNames } from '../../../../src/gateway/upstream/libpq/service-file.ts';
import { serviceSettings, withDefaults } from '../../../../src/gateway/upstream/libpq/service-settings.ts';

const file = `# services
[shop]
  host=db.shop.internal
port=5433\r
user=app
user=second one does not count
password=a = b # c
dbname =no such keyword, as the blank is part of it
[shop]
host=second group does not count
[other] and what follows the bracket
host=other`;

test('blanks around a line go, those around the sign stay, and the first of each counts', () => {
  expect(Object.fromEntries(readService(file, 'shop') ?? [])).toEqual({
    host: 'db.shop.internal',
    port: '5433',
    user: 'app',
    password: 'a = b # c',
    'dbname ': 'no such keyword, as the blank is part of it',
  });
  expect([...(readService(file, 'other') ?? [])]).toEqual([['host', 'other']]);
  expect([readService(file, 'sho'), readService(file, 'host')]).toEqual([null, null]);
  expect(serviceNames(file)).toEqual(['shop', 'other']);
});

test('a line that libpq refuses is named by its number, and its text is not repeated', () => {
  const fault = (text: string): unknown => {
    try {
      return readService(text, 'shop');
    } catch (error) {
      return error;
    }
  };
  expect(fault('[shop]\nhunter2')).toEqual(new ServiceSyntaxError(2, 'is no keyword=value'));
  expect(fault(`[shop]\npassword=${'x'.repeat(1100)}`)).toEqual(new ServiceSyntaxError(2, 'is too long'));
});

/** Files, and as whom and where psql 15.18 went with the service `shop` in them; null when it refused. */
const recorded: readonly (readonly [string, readonly [string, string] | null])[] = [
  ['[shop]\r\nuser=a\r\ndbname=b\r\n', ['a', 'b']],
  ['  [shop]  \n\t user=a \ndbname=b c \n', ['a', 'b c']],
  ['[shop]\nuser=a\nuser=z\ndbname=b', ['a', 'b']],
  ['[shop] tail\nuser=a\ndbname=b', ['a', 'b']],
  ['[shopx]\nuser=a\n', null],
  ['[ shop ]\nuser=a\n', null],
  ['[shop]\nuser=a\ndbname=b\n[shop]\nuser=q\n', ['a', 'b']],
  ['[x]\nnonsense\n[shop]\nuser=a\ndbname=b', ['a', 'b']],
  ['user=a\n[shop]\nuser=b\ndbname=b', ['b', 'b']],
  ['[shop]\nuser= a\ndbname=b', [' a', 'b']],
  ['[shop]\n=a\n', null],
  ['[shop]\nuser\n', null],
  ['[shop]\n#user=z\n;user=q\n', null],
  ['[shop]\nuser=a#b\ndbname="b"\n', ['a#b', '"b"']],
  [`[shop]\nuser=a\ndbname=${'d'.repeat(1010)}\n`, ['a', 'd'.repeat(1010)]],
  [`[shop]\nuser=a\ndbname=${'d'.repeat(1015)}\n`, null],
  [`[shop]\nuser=a\ndbname=${'d'.repeat(1016)}`, null],
  [`[shop]\nuser=a\ndbname=b\n[later]\n${'d'.repeat(2000)}\n`, ['a', 'b']],
  [`[before]\n${'d'.repeat(2000)}\n[shop]\nuser=a\ndbname=b\n`, null],
  ['[shop]\nservice=x\n', null],
];

test.each(recorded)('the file %j leads where libpq goes', (text, went) => {
  const answer = (): readonly [string, string] | null => {
    try {
      const entries = readService(text, 'shop');
      if (entries === null) return null;
      const { settings, unsupported } = serviceSettings(entries);
      return unsupported.length > 0 ? null : [settings.user ?? '', settings.database ?? ''];
    } catch (error) {
      if (error instanceof ServiceSyntaxError) return null;
      throw error;
    }
  };
  expect(answer()).toEqual(went);
});

const settingsOf = (entries: Record<string, string>) => serviceSettings(new Map(Object.entries(entries)));

test('what libpq says of a server becomes what a connection says of it; the password does not', () => {
  expect(
    settingsOf({
      host: 'db',
      port: '5433',
      dbname: 'shop',
      user: 'app',
      password: 'hunter2',
      sslmode: 'verify-full',
      sslrootcert: 'system',
      channel_binding: 'require',
      require_auth: 'scram-sha-256,md5',
      application_name: 'x',
    }),
  ).toEqual({
    settings: {
      host: 'db',
      port: 5433,
      database: 'shop',
      user: 'app',
      sslmode: 'verify-full',
      sslrootcert: 'system',
      channelBinding: 'require',
      requireAuth: ['scram-sha-256', 'md5'],
    },
    unsupported: [],
  });
  expect(withDefaults({ user: 'app' })).toEqual({ host: 'localhost', port: 5432, database: 'app', user: 'app' });
});

test('what would lead elsewhere, or protect otherwise, is not passed over', () => {
  expect(
    settingsOf({
      host: 'a,b',
      hostaddr: '10.0.0.1',
      port: '0',
      sslmode: 'on',
      require_auth: '!md5',
      sslcrl: 'x',
      nonsense: '',
    }),
  ).toEqual({ settings: {}, unsupported: ['host', 'hostaddr', 'port', 'sslmode', 'require_auth', 'sslcrl'] });
});
