import { randomBytes } from 'node:crypto';
import { sqlstate } from '../wire/constants.ts';
import * as encode from '../wire/encode-frontend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import type { Answers } from './answers.ts';

type Write = (frames: readonly Buffer[]) => void;
/** Rows of one statement, values in text format. */
type Rows = readonly (readonly (Buffer | null)[])[];

/**
 * Runs statements of our own on the session's connection and returns the rows of each; null when the server did not answer
 * all of them. All answers are hidden from the client. Must not be called in a failed transaction, nor while anything
 * is owed.
 *
 * They go in the extended protocol, because a simple Query would destroy the client's unnamed statement; under a random
 * name, because one that the client has taken before would make them fail; and both statement and portal are closed
 * again, or the client would find them in pg_cursors.
 *
 * A Sync ends the exchange, except where the client has left a segment open with Flush: there a Sync would commit what the
 * client has not, so a Flush brings the answers instead.
 */
export function askHidden(answers: Answers, write: Write, texts: readonly string[]): Promise<readonly Rows[] | null> {
  const name = `_postern_${randomBytes(12).toString('hex')}`;
  const results = texts.map((): (readonly (Buffer | null)[])[] => []);
  const open = answers.segmentOpen;
  const frames: Buffer[] = [];
  let complete = 0;
  return new Promise((resolve) => {
    const settled = (): void => resolve(complete === texts.length ? results : null);
    for (const [index, text] of texts.entries()) {
      const definition = { via: 'parse', text: Buffer.from(text), parameterTypes: [] } as const;
      answers.expect({ kind: 'parse', name, definition, hidden: true });
      answers.expect({ kind: 'bind', name, portal: null, hidden: true });
      answers.expect({
        kind: 'internal_execute',
        // A copy: the values lie in the memory that the socket was read into.
        onRow: (values) => results[index]?.push(values.map((value) => (value === null ? null : Buffer.from(value)))),
        onComplete: () => {
          complete += 1;
        },
      });
      const last = open && index === texts.length - 1;
      answers.expect({ kind: 'close', target: 'P', name, hidden: true });
      answers.expect({ kind: 'close', target: 'S', name, hidden: true, ...(last ? { settled } : {}) });
      frames.push(encode.parse(name, text), encode.bind(name, name), encode.execute(name));
      frames.push(encode.close('P', name), encode.close('S', name));
    }
    if (!open) answers.expect({ kind: 'sync', hidden: true, onReady: settled });
    frames.push(open ? encode.flush() : encode.sync());
    write(frames);
  });
}

/**
 * A Sync of our own, whose ReadyForQuery is hidden: resets the server's idle timers and keeps statements and portals, where
 * an empty Query would destroy the unnamed ones (protocol.md, E20 and E21). Resolves when it is answered or never will be.
 * Never in an open segment: there it would commit.
 */
export function syncHidden(answers: Answers, write: Write): Promise<void> {
  if (answers.segmentOpen) throw new Error('a Sync in an open segment would commit it');
  return new Promise((resolve) => {
    answers.expect({ kind: 'sync', hidden: true, onReady: () => resolve() });
    write([encode.sync()]);
  });
}

/**
 * Whether the server's own grammar refuses a text, told by the server's parser and by nothing behind it: then a Query with
 * the text ends in the same error, for the whole of it is parsed before any of it runs. In an open transaction the look
 * fails the transaction, as the text itself would. Never in an open segment, and only where what the server reads in a
 * text cannot change with the end of a transaction.
 */
export function isRefusedByGrammar(answers: Answers, write: Write, text: string): Promise<boolean> {
  if (answers.segmentOpen) throw new Error('a Sync in an open segment would commit it');
  const name = `_postern_${randomBytes(12).toString('hex')}`;
  const definition = { via: 'parse', text: Buffer.from(text), parameterTypes: [] } as const;
  let refused = false;
  return new Promise((resolve) => {
    // A name of a type inside a literal goes through the same routine, later and with a context.
    const failed = ({ C: code, R: routine, W: context }: NoticeFields): void => {
      refused = code === sqlstate.syntaxError && routine === 'scanner_yyerror' && context === undefined;
    };
    answers.expect({ kind: 'parse', name, definition, hidden: true, failed });
    answers.expect({ kind: 'close', target: 'S', name, hidden: true });
    answers.expect({ kind: 'sync', hidden: true, onReady: () => resolve(refused) });
    write([encode.parse(name, text), encode.close('S', name), encode.sync()]);
  });
}

/** What the server said of a text: the columns of its result, or the error that it has for it. */
interface Described {
  readonly fields: readonly FieldDescription[] | null;
  readonly error: NoticeFields | null;
}

/**
 * Has the server analyse a text on the session's connection, and describe its columns, without running it. A Flush brings the
 * answers, and no Sync: the locks that analysis takes last until the transaction ends in which the client's next message
 * runs. An error ends the exchange with a Sync; an open transaction has then failed. Never in an open segment.
 */
export function describeHidden(answers: Answers, write: Write, text: string): Promise<Described> {
  if (answers.segmentOpen) throw new Error('an error in an open segment would have to be shown');
  const name = `_postern_${randomBytes(12).toString('hex')}`;
  const definition = { via: 'parse', text: Buffer.from(text), parameterTypes: [] } as const;
  let fields: readonly FieldDescription[] | null = null;
  let error: NoticeFields | null = null;
  return new Promise((resolve) => {
    const done = (): void => resolve({ fields, error });
    const failed = (said: NoticeFields): void => {
      error = said;
    };
    const settled = (): void => {
      if (error === null) return done();
      answers.expect({ kind: 'sync', hidden: true, onReady: done });
      write([encode.sync()]);
    };
    const described = (told: readonly FieldDescription[]): void => {
      fields = told;
    };
    answers.expect({ kind: 'parse', name, definition, hidden: true, failed });
    answers.expect({ kind: 'describe', portal: null, statement: null, hidden: true, described, failed });
    answers.expect({ kind: 'close', target: 'S', name, hidden: true, settled });
    write([encode.parse(name, text), encode.describe('S', name), encode.close('S', name), encode.flush()]);
  });
}
