import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JournalError } from '../../../src/gateway/journal/errors.ts';
import { type ReadOptions, readJournal } from '../../../src/gateway/journal/reader.ts';
import { createJournal } from '../../../src/gateway/journal/writer.ts';
import {
  newSigner,
  outcome,
  sessionStart,
  smallSession,
  statement,
  steppingClock,
  temporaryFolder,
  writtenJournal,
} from './support.ts';

function readAll(path: string, options: ReadOptions = {}) {
  const records = [];
  const reading = readJournal(path, options);
  for (;;) {
    const next = reading.next();
    if (next.done) return { records, tail: next.value };
    records.push(next.value);
  }
}

function failureOf(path: string): { code: string; message: string } {
  try {
    readAll(path);
  } catch (error) {
    if (error instanceof JournalError) return { code: error.code, message: error.message.replace(path, 'FILE') };
    throw error;
  }
  throw new Error('it was read');
}

describe('reading a journal', () => {
  it('gives its records and leaves header and checkpoints out', async () => {
    const { path } = await writtenJournal(smallSession(3), { checkpointEvery: 3 });
    const { records, tail } = readAll(path);
    expect(records.map(({ body }) => body)).toEqual(smallSession(3));
    expect(records.map(({ seq }) => seq)).toEqual([2, 3, 4, 6, 7, 8, 10, 11]);
    expect(tail).toEqual({ offset: readFileSync(path).length, tornBytes: 0 });
  });

  it('that is being written gives what is there, and goes on from its tail', async () => {
    const journal = createJournal({
      folder: temporaryFolder(),
      name: 's-1',
      signer: newSigner(),
      clock: steppingClock(),
    });
    journal.append(sessionStart());
    const first = readAll(journal.path);
    journal.append(statement(1));
    const second = readAll(journal.path, { from: first.tail.offset });
    await journal.close();
    expect([first, second].map(({ records }) => records.map(({ seq, body }) => [seq, body.type]))).toEqual([
      [[2, 'session_start']],
      [[3, 'statement']],
    ]);
  });

  it('reports an incomplete last line and keeps all before it', async () => {
    const { path } = await writtenJournal(smallSession(1));
    const whole = readFileSync(path).length;
    appendFileSync(path, '{"seq":7,"time":1');
    const { records, tail } = readAll(path);
    expect({ count: records.length, tail }).toEqual({ count: 4, tail: { offset: whole, tornBytes: 17 } });
  });

  it('with lines longer than a read chunk joins them', async () => {
    const long = statement(1, { text: 'x'.repeat(700_000) });
    const { path } = await writtenJournal([sessionStart(), long, outcome(1)]);
    expect(readAll(path).records.map(({ body }) => body)).toEqual([sessionStart(), long, outcome(1)]);
  });

  it('passes over the types that the caller does not want', async () => {
    const { path } = await writtenJournal(smallSession(2));
    expect(readAll(path, { skip: ['statement', 'session_start'] }).records.map(({ body }) => body.type)).toEqual([
      'outcome',
      'outcome',
      'session_end',
    ]);
  });
});

describe('a file that is no journal', () => {
  const edited = async (edit: (text: string) => string) => {
    const { path } = await writtenJournal(smallSession(1));
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
    return failureOf(path);
  };

  it('is said to be missing', () => {
    expect(failureOf('/nonexistent/s-1.journal')).toEqual({
      code: 'journal_missing',
      message: 'There is no journal FILE.',
    });
  });

  it('is damaged where a line in the middle is no record', async () => {
    expect(await edited((text) => text.replace(/\n.*session_start.*\n/, '\nhello\n'))).toEqual({
      code: 'journal_damaged',
      message: 'Line 2 of FILE cannot be read: it has not the form of a journal line.',
    });
  });

  it('is damaged where a body is not JSON', async () => {
    expect(await edited((text) => text.replace('"agent":', '"agent"'))).toEqual({
      code: 'journal_damaged',
      message: 'Line 2 of FILE cannot be read: its body is not JSON.',
    });
  });

  it('is damaged where a body is not of the known records', async () => {
    expect(await edited((text) => text.replace('"agent":"claude"', '"agent":7'))).toMatchObject({
      code: 'journal_damaged',
      message: expect.stringMatching(/^Line 2 of FILE cannot be read: its body is not a known record \(agent: /),
    });
  });

  it('is damaged when its header is gone', async () => {
    expect(await edited((text) => text.slice(text.indexOf('\n') + 1))).toEqual({
      code: 'journal_damaged',
      message: 'Line 1 of FILE cannot be read: the file does not start with a journal header.',
    });
  });
});
