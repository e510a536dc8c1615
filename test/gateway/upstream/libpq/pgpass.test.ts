import { expect, test } from 'vitest';
import { passwordIn } from '../../../../src/gateway/upstream/libpq/pgpass.ts';
import cases from './pgpass-cases.json' with { type: 'json' };

// What psql 15.18 sent to a server on 127.0.0.1 for these files; libpq sends no empty password, so null may stand for one.
test('the password is the one that libpq sends, for each recorded file', () => {
  const port = 52_841; // theirs: it stands in some passwords as well
  const answers = cases.map(({ text, user, database }) => {
    const password = passwordIn(text.replaceAll('PORT', String(port)), { host: '127.0.0.1', port, database, user });
    return { text, user, database, password: password === '' ? null : password };
  });
  expect(answers).toEqual(cases);
  expect(cases.length).toBe(140);
});

test.each([
  ['/var/run/postgresql', 'localhost:*:*:*:one', 'one'],
  ['/tmp', 'localhost:*:*:*:one', 'one'],
  ['/tmp', '/tmp:*:*:*:one', 'one'],
  ['/srv/sockets', 'localhost:*:*:*:one\n/srv/sockets:*:*:*:two', 'two'],
  ['::1', '\\:\\:1:*:*:*:one', 'one'],
])('the folder of a socket goes by localhost where libpq is built with it: %s in %j', (host, text, password) => {
  expect(passwordIn(text, { host, port: 5432, database: 'shop', user: 'app' })).toBe(password);
});
