import { expect, test } from 'vitest';
import { hashAgentKey } from '../../../src/gateway/identity/agent-keys.ts';
import { readAgents } from '../../../src/main/headless/agent-keys.ts';

const hash = 'cd'.repeat(32);

function read(
  keys: Parameters<typeof readAgents>[0][number]['key'][],
  environment: Record<string, string | undefined> = {},
  descriptor = '',
) {
  const warnings: string[] = [];
  const ports = {
    environment,
    readDescriptor: () => descriptor,
    warn: (message: string) => void warnings.push(message),
    now: () => 42,
  };
  const agents = keys.map((key, index) => ({ name: `agent-${index}`, key, connections: ['orders'] }));
  return { records: () => readAgents(agents, ports), warnings, environment };
}

test('keys come from the environment, a descriptor or as a hash, and only hashes remain', () => {
  const { records, environment, warnings } = read(
    [{ environment: 'KEY' }, { fileDescriptor: 3 }, { hash }],
    { KEY: 'pstn_from-the-environment', OTHER: 'stays' },
    'pstn_from-the-descriptor\n',
  );
  expect(records().map(({ name, keyHash }) => [name, keyHash])).toEqual([
    ['agent-0', hashAgentKey('pstn_from-the-environment')],
    ['agent-1', hashAgentKey('pstn_from-the-descriptor')],
    ['agent-2', hash],
  ]);
  expect(environment).toEqual({ OTHER: 'stays' });
  expect(warnings).toEqual([]);
});

test('a key that can be guessed is taken with a warning that does not show it', () => {
  const { records, warnings } = read([{ environment: 'KEY' }], { KEY: 'hunter2' });
  expect(records()).toHaveLength(1);
  expect(warnings).toEqual([
    'The key of agents[0] (agent-0) has fewer than 16 characters and can be guessed. Make one with `postern key`.',
  ]);
});

test.each([
  ['a variable that is not set', {}, 'should be in the environment variable KEY, which is not set'],
  ['an empty variable', { KEY: '' }, 'should be in the environment variable KEY, which is not set'],
])('%s is named', (_what, environment, words) => {
  expect(read([{ environment: 'KEY' }], environment).records).toThrow(
    expect.objectContaining({ code: 'agent_key_missing', message: expect.stringContaining(words) }),
  );
});

test('an empty descriptor is named', () => {
  expect(read([{ fileDescriptor: 5 }], {}, '\n').records).toThrow(
    expect.objectContaining({
      code: 'agent_key_missing',
      message: 'File descriptor 5, for the key of agents[0] (agent-0), holds nothing.',
    }),
  );
});

test('one key for two agents is refused: it could not say who asks', () => {
  const { records } = read([{ environment: 'KEY' }, { environment: 'KEY' }], { KEY: 'pstn_shared-by-two-agents' });
  expect(records).toThrow(expect.objectContaining({ code: 'agent_key_shared' }));
});
