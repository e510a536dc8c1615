import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { compileMasking } from '../../../src/gateway/masking/profile.ts';
import { Answers } from '../../../src/gateway/session/answers.ts';
import type { Judged } from '../../../src/gateway/session/judged.ts';
import { NameRegistry } from '../../../src/gateway/session/names.ts';
import type { Portal } from '../../../src/gateway/session/owed.ts';
import { RunningStatement } from '../../../src/gateway/session/running-statement.ts';
import { backend, frontend } from '../../../src/gateway/wire/constants.ts';
import { errorResponse, parameterStatus, readyForQuery } from '../../../src/gateway/wire/encode-backend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';
import { told } from '../../support/raw-client.ts';

const empty = (type: number): Buffer => new MessageBuilder(type).build();
const [parseComplete, bindComplete, suspended, closeComplete] = [
  backend.parseComplete,
  backend.bindComplete,
  backend.portalSuspended,
  backend.closeComplete,
].map(empty) as [Buffer, Buffer, Buffer, Buffer];
const complete = (tag: string): Buffer => new MessageBuilder(backend.commandComplete).cstring(tag).build();
const rowOf = (value: string): Buffer =>
  new MessageBuilder(backend.dataRow).int16(1).int32(value.length).bytes(Buffer.from(value)).build();
const error = (sqlstate: string, severity: 'ERROR' | 'FATAL' = 'ERROR'): Buffer =>
  errorResponse({ severity, sqlstate, message: 'the message' });
const definition = { via: 'parse', text: Buffer.from('SELECT 1'), parameterTypes: [] } as const;
const judged = {
  text: 'SELECT 1',
  masking: null,
  statements: [],
  effects: { kinds: ['copy_in'] },
} as unknown as Judged;

let heard: Buffer[];
let records: RecordBody[];
let names: NameRegistry;
let answers: Answers;
let statements: number;
beforeEach(() => {
  heard = [];
  records = [];
  statements = 0;
  names = new NameRegistry();
  answers = new Answers({
    names,
    recorder: { append: (body) => records.push(body), sync: async () => undefined, detail: () => expect.fail() },
    send: (frame) => heard.push(frame),
    sendRow: (rows) => heard.push(rows.row()),
    profile: () => compileMasking({ rules: [], catalog: null, hashKey: Buffer.alloc(32) }),
    parameterChanged: () => undefined,
    ready: () => undefined,
    completed: () => undefined,
  });
});
const running = (): RunningStatement => {
  statements += 1;
  return new RunningStatement(statements, judged, {
    recorder: { append: (body) => records.push(body), sync: async () => undefined, detail: () => expect.fail() },
    monotonic: () => 0,
    use: () => undefined,
  });
};
/** Expects the answers to Parse, Bind and Execute of one statement, as if they had been sent. */
const sent = (name = ''): void => {
  const portal: Portal = {
    definition,
    judged,
    running: running(),
    resultFormats: [],
    nameChanges: 0,
    uncommitted: 0,
    fields: [],
    plan: null,
  };
  answers.expect({ kind: 'parse', name, definition, hidden: false });
  answers.expect({ kind: 'bind', name, portal, hidden: false });
  portal.running.start();
  answers.expect({ kind: 'execute', portal });
};
const syncSent = (hidden = false): void => answers.expect({ kind: 'sync', hidden });
const handle = (...frames: Buffer[]): void => {
  for (const frame of frames) answers.handle(frame);
};
const outcomes = (): string[] =>
  records.flatMap((body) => (body.type === 'outcome' ? [`${body.statement} ${body.outcome.status}`] : []));
const row = [parseComplete, bindComplete, rowOf('1'), complete('SELECT 1')];

describe('what the server owes', () => {
  test('an error in the middle of a segment marks what is behind it as skipped', () => {
    sent();
    sent();
    sent();
    syncSent();
    handle(...row, parseComplete, error('22012'), readyForQuery('I'));
    expect(told(heard)).toEqual(['1', '2', 'D 1', 'C SELECT 1', '1', 'E 22012', 'Z I']);
    expect(outcomes()).toEqual(['1 ok', '2 error', '3 skipped']);
    expect([answers.idle, answers.skipping]).toEqual([true, false]);
  });

  test('without a Sync the server skips until one is sent', () => {
    sent();
    handle(parseComplete, error('42P01'));
    expect([answers.idle, answers.skipping]).toEqual([true, true]);
    syncSent();
    expect(answers.skipping).toBe(false);
    handle(readyForQuery('E'));
    expect([answers.idle, answers.transaction]).toEqual([true, 'failed']);
  });

  test('a refused member takes our error in place of the server’s, and those behind it are not waited for', () => {
    sent();
    const refusal = { severity: 'ERROR', sqlstate: '42501', message: 'refused' } as const;
    answers.expect({ kind: 'refused_parse', running: running(), refusal });
    syncSent();
    handle(...row, error('42601'), readyForQuery('I'));
    expect(told(heard).slice(-2)).toEqual(['E 42501', 'Z I']);
    expect(outcomes()).toEqual(['1 ok', '2 refused']);
  });

  test('a name means something only once the server has said so', () => {
    sent('a');
    syncSent();
    expect(names.prepared('a')).toBeUndefined();
    handle(error('42601'), readyForQuery('I'));
    expect(names.prepared('a')).toBeUndefined();
    sent('a');
    handle(parseComplete);
    expect(names.prepared('a')).toEqual(definition);
  });

  test('a suspended portal has its outcome when its transaction ends', () => {
    sent('p');
    syncSent();
    handle(parseComplete, bindComplete, rowOf('1'), suspended, readyForQuery('T'));
    expect(outcomes()).toEqual([]);
    syncSent();
    handle(readyForQuery('I'));
    expect(outcomes()).toEqual(['1 ok']);
    expect(answers.portal('p')).toBeUndefined();
  });

  test('an error at the Sync is passed on and recorded, though no statement is waited for', () => {
    sent();
    syncSent();
    handle(...row, error('23505'), readyForQuery('I'));
    expect(told(heard).slice(-2)).toEqual(['E 23505', 'Z I']);
    expect(records.at(-1)).toEqual({
      type: 'notice',
      statement: null,
      severity: 'ERROR',
      sqlstate: '23505',
      message: 'the message',
    });
  });

  test('answers to questions of ours are hidden, errors too, but never the end of the connection', () => {
    const hidden = (): void => {
      answers.expect({ kind: 'parse', name: 'ours', definition, hidden: true });
      syncSent(true);
    };
    hidden();
    handle(parseComplete, readyForQuery('I'));
    hidden();
    handle(error('42P05'), readyForQuery('I'));
    expect([heard, answers.fatal]).toEqual([[], false]);
    hidden();
    handle(error('57P01', 'FATAL'));
    expect([told(heard), answers.fatal]).toEqual([['E 57P01'], true]);
  });

  test.each([
    ['ParseComplete', [parseComplete]],
    ['a row', [rowOf('1')]],
    ['CommandComplete', [complete('SELECT 1')]],
    ['ReadyForQuery', [readyForQuery('I')]],
    ['BindComplete for a Parse', [bindComplete]],
  ])('%s that nothing asked for is a fault of the server', (what, frames) => {
    if (what.endsWith('Parse')) sent();
    expect(() => handle(...frames)).toThrow(expect.objectContaining({ name: 'ProtocolError' }));
    expect(heard).toEqual([]);
  });

  test('settings may be reported at any time', () => {
    handle(parameterStatus('TimeZone', 'UTC'));
    expect(heard).toEqual([parameterStatus('TimeZone', 'UTC')]);
  });

  test('when the connection ends, what ran is lost, what was behind it skipped, and nobody waits for ever', () => {
    let told = false;
    sent();
    sent();
    answers.expect({
      kind: 'sync',
      hidden: true,
      onReady: () => {
        told = true;
      },
    });
    handle(parseComplete, bindComplete);
    answers.abandon();
    answers.abandon();
    expect([outcomes(), answers.idle, told]).toEqual([['1 lost', '2 skipped'], true, true]);
  });
});

test('a suspended portal that another Bind replaces is over, and its statement has an outcome', () => {
  sent();
  handle(parseComplete, bindComplete, rowOf('1'), suspended);
  sent();
  handle(parseComplete, bindComplete);
  expect(outcomes()).toEqual(['1 ok']);
});

describe('a Sync that came before the data of a copy', () => {
  const copyIn = new MessageBuilder(backend.copyInResponse).int8(0).int16(0).build();
  beforeEach(() => {
    sent();
    syncSent();
    handle(parseComplete, bindComplete);
  });

  test('is not answered; the one behind the data is', () => {
    answers.expect({ kind: 'sync', hidden: false, copiesEnded: 1 });
    handle(copyIn, complete('COPY 1'), readyForQuery('I'));
    expect(told(heard).slice(-3)).toEqual(['G', 'C COPY 1', 'Z I']);
    expect(answers.idle).toBe(true);
  });

  test('is answered after all when the copy fails before anything was read', () => {
    handle(copyIn, error('P0001'), readyForQuery('I'));
    expect(told(heard).slice(-3)).toEqual(['G', 'E P0001', 'Z I']);
    expect([answers.idle, answers.skipping]).toEqual([true, false]);
    expect(() => handle(readyForQuery('I'))).toThrow('unexpected message "Z"');
  });

  test('and one behind the data, after the copy failed, may be two answers or one: a fence behind both tells', () => {
    answers.expect({ kind: 'sync', hidden: false, copiesEnded: 1 });
    handle(copyIn, error('P0001'));
    expect(answers.fenceDue).toBe('alone');
    answers.expect({ kind: 'fence', ready: null });
    expect(answers.fenceDue).toBe(null);
    handle(readyForQuery('I'));
    expect(answers.idle).toBe(false);
    handle(readyForQuery('I'), closeComplete);
    expect(told(heard).slice(-4)).toEqual(['G', 'E P0001', 'Z I', 'Z I']);
    expect(answers.idle).toBe(true);
    expect(() => handle(readyForQuery('I'))).toThrow('unexpected message "Z"');
  });

  test.each([
    ['was answered', [readyForQuery('T'), readyForQuery('T')], ['Z T'], false],
    ['was ignored, and the client still has to send one', [readyForQuery('T')], [], true],
  ])('while the server skips, a Sync of ours before the fence tells that it %s', (_, ready, shown, skipping) => {
    handle(copyIn, error('P0001'));
    expect([answers.skipping, answers.fenceDue]).toEqual([true, 'behind a Sync']);
    answers.expect({ kind: 'fence', ready: [] });
    handle(...ready);
    expect([told(heard).at(-1), answers.idle]).toEqual(['E P0001', false]);
    handle(closeComplete);
    expect(told(heard).slice(4)).toEqual(shown);
    expect([answers.idle, answers.skipping, answers.transaction]).toEqual([true, skipping, 'open']);
    syncSent();
    handle(readyForQuery('I'));
    expect([answers.idle, answers.skipping, told(heard).at(-1)]).toEqual([true, false, 'Z I']);
    expect(() => handle(readyForQuery('I'))).toThrow('unexpected message "Z"');
  });
});

test('a Sync between two copies of one segment belongs to the second, though the first was ended when it was sent', () => {
  const copyIn = new MessageBuilder(backend.copyInResponse).int8(0).int16(0).build();
  const ended = new MessageBuilder(frontend.copyDone).build();
  sent();
  sent();
  answers.copiedIn(frontend.copyDone, ended);
  answers.expect({ kind: 'sync', hidden: false, copiesEnded: answers.copy.ended });
  handle(parseComplete, bindComplete, copyIn, complete('COPY 1'));
  handle(parseComplete, bindComplete, copyIn);
  expect(answers.copy.waits).toBe(true);
  answers.copiedIn(frontend.copyDone, ended);
  answers.expect({ kind: 'sync', hidden: false, copiesEnded: answers.copy.ended });
  handle(complete('COPY 1'), readyForQuery('I'));
  expect(answers.idle).toBe(true);
});

test('a copy that we ended because something else came in its middle ends the session, another failure does not', () => {
  const copyIn = new MessageBuilder(backend.copyInResponse).int8(0).int16(0).build();
  const failed = (message: string): Buffer => errorResponse({ severity: 'ERROR', sqlstate: '57014', message });
  const begin = (): void => {
    sent();
    syncSent();
    handle(parseComplete, bindComplete, copyIn);
    answers.endsCopy('unexpected message type 0x51');
  };
  begin();
  handle(failed('closed'), readyForQuery('I'));
  begin();
  expect(() => handle(failed('COPY from stdin failed: unexpected message type 0x51'))).toThrow(
    new ProtocolError('unexpected message type 0x51'),
  );
});
