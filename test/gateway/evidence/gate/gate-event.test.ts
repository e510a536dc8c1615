import { describe, expect, test } from 'vitest';
import { gateEventOf } from '../../../../src/gateway/evidence/gate/gate-event.ts';
import type { RecordBody } from '../../../../src/gateway/journal/records.ts';
import { sessionStart } from '../../journal/support.ts';

const origin = {
  approvalId: 'a-1',
  sessionId: 's-1',
  statement: 14,
  agent: 'claude',
  subject: 'key:1a2b3c4d',
  connection: 'shop',
};
const lineOf = (body: RecordBody): string => {
  const event = gateEventOf({ seq: 7, time: 5, body }, 'gate-x');
  if (event === null) return 'none';
  const { id, at, kind, alarm, title, text, who, sessionId } = event;
  expect([id, at]).toEqual(['gate-x:7', 5]);
  return [`${kind}${alarm ? '!' : ''}`, title, text, who, sessionId].join(' | ');
};

describe('an event of the gate is said in words:', () => {
  test.each<[string, RecordBody, string]>([
    [
      'start',
      { type: 'gate_start', version: '1.2.3', listeners: ['127.0.0.1:6432'], operatingSystemUser: 'maria' },
      'gate | Gate started | Version 1.2.3, listening on 127.0.0.1:6432. | maria | ',
    ],
    ['stop', { type: 'gate_stop', reason: 'SIGTERM' }, 'gate | Gate stopped | SIGTERM. |  | '],
    [
      'a refusal of somebody who proved who he is',
      {
        type: 'login_refused',
        stage: 'session',
        clientAddress: '127.0.0.1:5',
        clientUid: 1000,
        clientPid: 4711,
        clientProgram: 'psql',
        user: 'x',
        database: 'payroll',
        agent: 'claude',
        subject: 'key:1a2b3c4d',
        reason: 'no such connection',
      },
      'refusal! | Session refused | No such connection. It claimed user "x" and database "payroll". | claude (key:1a2b3c4d), 127.0.0.1:5, user id 1000, program psql (process 4711) | ',
    ],
    [
      'a refusal as 0.1.0 wrote it',
      { type: 'login_refused', clientAddress: '[local]', user: '', database: '', reason: 'no agent has this key' },
      'refusal! | Client refused | No agent has this key. | [local] | ',
    ],
    [
      'a wrong cancel key',
      { type: 'cancel_refused', clientAddress: '127.0.0.1:5', processId: 9, unread: 1 },
      'refusal! | Cancel request refused | Its key is nobody’s (process 9). 1 more was turned away before it unread. | 127.0.0.1:5 | ',
    ],
    [
      'a flood',
      {
        type: 'refusals_counted',
        clientAddress: null,
        since: 0,
        until: 60_000,
        startUps: 1,
        logIns: 1480,
        sessions: 0,
        cancels: 0,
        lastReason: 'no agent has this key',
      },
      'refusal! | 1,481 more refusals | Within 60 s, beyond those recorded one by one: 1 start-up, 1,480 log-ins. The last: No agent has this key. | several addresses | ',
    ],
    [
      'settings',
      { type: 'settings_changed', what: 'agent claude: key revoked', by: 'maria' },
      'settings | Settings changed | Agent claude: key revoked. | maria | ',
    ],
    [
      'a password that the server refused',
      { type: 'credential', event: 'rejected', connection: 'shop', by: null },
      'credential! | Password of shop refused by the server |  |  | ',
    ],
    [
      'a token that was not given',
      {
        ...{ type: 'sign_in', event: 'token_refused', provider: 'acme', subject: 'acme:ada', connection: 'shop' },
        ...{ by: 'maria', reason: 'the operator said no' },
      },
      'credential | Token not given to a program | acme:ada, for shop. The operator said no. | maria | ',
    ],
    [
      'a doubted database',
      { type: 'target_doubted', connection: 'shop', reason: 'it is another one.' },
      'target! | Database of shop doubted | It is another one. |  | ',
    ],
    [
      'a reader',
      { type: 'journal_read', how: 'reported', sessionId: null, by: 'maria' },
      'journal | Journal of the gate reported |  | maria | ',
    ],
    [
      'a ticket',
      {
        ...{ type: 'retry', event: 'issued', ...origin, rule: 'r', digest: 'd', until: 9 },
        ...{ by: 'maria', via: 'headless', reason: 'fine', usedBy: null },
      },
      'decision | Retry approved with a ticket | Statement 14 of claude (key:1a2b3c4d) on shop. Fine. | maria (headless) | s-1',
    ],
    [
      'a whole sequence',
      {
        ...{ type: 'sequence', event: 'ended', ...origin, kind: 'migration', schemas: ['public'], until: 9 },
        ...{ statements: 3, by: null, via: null, reason: null },
      },
      'decision | Whole migration ended | Statement 14 of claude (key:1a2b3c4d) on shop. |  | s-1',
    ],
    ['what is a session’s is none', sessionStart(), 'none'],
  ])('%s', (_, body, line) => {
    expect(lineOf(body)).toBe(line);
  });
});
