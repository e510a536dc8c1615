import { expect, test } from 'vitest';
import { agentAddress } from '../../../src/main/desk/addresses.ts';
import { welcome } from '../../../src/main/headless/welcome.ts';
import { aConnection } from '../support/fakes.ts';

const listener = { host: '127.0.0.1', port: 6432, certificateFile: '/data/postern-ca.crt' };
const facts = {
  version: '1.2.3',
  whyNoDesktop: 'there is no display here',
  demo: true,
  listeners: [{ host: '127.0.0.1', port: 6432 }],
  passwordsNeeded: [],
  addresses: [agentAddress(aConnection({ name: 'demo' }), 'demo-agent', listener, 'pstn_k')],
  signInLink: 'http://127.0.0.1:9/#token=t',
  enterPrintsLink: true,
  journals: '/data/journal',
  colour: false,
};

test('says all that the first five minutes need, each line ready to be copied', () => {
  const lines = welcome(facts)
    .split('\n')
    .map((line) => line.trim());
  expect(lines).toContain('Postern 1.2.3 is open on 127.0.0.1:6432, with the demo database.');
  expect(lines).toContain('The console opens in the browser: there is no display here.');
  expect(lines).toContain('http://127.0.0.1:9/#token=t');
  expect(lines).toContain(
    'postgresql://demo-agent:pstn_k@127.0.0.1:6432/demo?sslmode=verify-full&sslrootcert=/data/postern-ca.crt',
  );
  expect(lines).toContain(
    "psql 'postgresql://demo-agent:pstn_k@127.0.0.1:6432/demo?sslmode=verify-full&sslrootcert=/data/postern-ca.crt'",
  );
  expect(
    lines.some((line) =>
      line.startsWith(
        "DATABASE_URL='postgresql://demo-agent:pstn_k@127.0.0.1:6432/demo?sslmode=verify-full&sslrootcert=/data/postern-ca.crt' claude ",
      ),
    ),
  ).toBe(true);
});

test('without an agent it says where to make one', () => {
  expect(welcome({ ...facts, addresses: [] })).toContain(
    'there is none yet: make one in the console, under Connections',
  );
});

test('promises a fresh link at Enter only where somebody can press it', () => {
  const how = (enterPrintsLink: boolean) =>
    /sign in once with this link \((.*)\)/.exec(welcome({ ...facts, enterPrintsLink }))?.[1];
  expect([how(true), how(false)]).toEqual(['Enter prints a fresh one', 'a restart prints a fresh one']);
});

test('names the connections that wait for a password, and says that the demo’s key will not last', () => {
  const said = welcome({ ...facts, demo: true, passwordsNeeded: ['prod', 'staging'] });
  expect(said).toContain('Passwords are needed for prod, staging: give them in the console, under Connections');
  expect(said).toContain('The demo agent has a new key at every start');
  expect(welcome({ ...facts, demo: false })).not.toContain('new key');
});
