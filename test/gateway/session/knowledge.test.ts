import { expect, test } from 'vitest';
import { compileMasking } from '../../../src/gateway/masking/profile.ts';
import { Answers } from '../../../src/gateway/session/answers.ts';
import { DatabaseContext } from '../../../src/gateway/session/database-context.ts';
import { SessionKnowledge } from '../../../src/gateway/session/knowledge.ts';
import { NameRegistry } from '../../../src/gateway/session/names.ts';
import { errorResponse, readyForQuery } from '../../../src/gateway/wire/encode-backend.ts';

/** A unit that says nothing. */
const unit = { kind: 'segment', frames: [], end: 'sync' } as const;

/** What a session knows, over a server that answers every question of ours with an error and this transaction state. */
function knowledgeOver(ready: 'I' | 'E') {
  let asked = 0;
  const answers = new Answers({
    names: new NameRegistry(),
    recorder: { append: () => undefined, sync: async () => undefined, detail: () => expect.fail() },
    send: () => undefined,
    sendRow: () => undefined,
    profile: () => compileMasking({ rules: [], catalog: null, hashKey: Buffer.alloc(32) }),
    parameterChanged: () => undefined,
    completed: () => undefined,
    ready: () => undefined,
  });
  const knowledge = new SessionKnowledge({
    database: new DatabaseContext({
      config: () => null,
      openSide: () => expect.fail(),
      hashKey: Buffer.alloc(32),
      copied: () => [],
      remember: () => undefined,
      renamed: () => ({ columns: [], stale: false }),
      renamedVersion: () => 0,
      found: () => new Map(),
      monotonic: () => 0,
      log: () => undefined,
    }),
    parameters: new Map([['server_version', '18.6']]),
    sessionId: 'session',
    processId: 1,
    who: () => ({ subject: 'key:claude', agent: 'claude', groups: [], environment: 'local' }),
    startup: new Map(),
    parser: { statementBytes: 1000, understand: () => ({ status: 'understood', statements: [] }) },
    names: new NameRegistry(),
    write: () => {
      asked += 1;
      queueMicrotask(() => {
        answers.handle(errorResponse({ severity: 'ERROR', sqlstate: '42704', message: 'unrecognized parameter' }));
        answers.handle(readyForQuery(ready));
      });
    },
  });
  /** A transaction is open, as after a BEGIN. */
  const begin = (): void => {
    answers.expect({ kind: 'sync', hidden: true });
    answers.handle(readyForQuery('T'));
  };
  return { answers, knowledge, begin, asked: () => asked };
}

test('a server that does not tell its timeouts is not asked again: in a transaction the question would fail it', async () => {
  const { answers, knowledge, begin, asked } = knowledgeOver('I');
  expect(knowledge.isStale(answers, unit)).toBe(true);
  await knowledge.refresh(answers, unit);
  expect([knowledge.isStale(answers, unit), knowledge.timeouts, asked()]).toEqual([false, {}, 1]);
  begin();
  expect(await knowledge.readTimeouts(answers)).toEqual({});
  expect(asked()).toBe(1);
});

test('a question that fails its transaction is told as such', async () => {
  const { answers, knowledge, begin } = knowledgeOver('E');
  begin();
  expect(await knowledge.readTimeouts(answers)).toBeNull();
  expect(answers.transaction).toBe('failed');
});
