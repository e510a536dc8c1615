import { JournalError } from './errors.ts';
import { type Envelope, parseEnvelope, valueText } from './format.ts';
import { type JournalRecord, type RecordBody, recordBody } from './records.ts';
import { scanLines, type Tail } from './scanner.ts';

export interface ReadOptions {
  /** Offset of a line to start at: a former tail's `offset`. 0 is the header. */
  readonly from?: number;
  /** Types of records to pass over unread, for readers that want a summary only. */
  readonly skip?: readonly RecordBody['type'][];
}

/**
 * The records of a journal in order (header and checkpoints left out), validated. A journal that is being written is read
 * as far as it goes. An incomplete last line is no error: the returned tail reports it. Whether anything was changed is the
 * verifier's question. Throws JournalError `journal_missing`, `journal_unreadable`, `journal_damaged` (a line that is no record).
 */
export function* readJournal(path: string, options: ReadOptions = {}): Generator<JournalRecord, Tail> {
  const skip = (options.skip ?? []).map((type) => `{"type":"${type}"`);
  const lines = scanLines(path, options.from ?? 0);
  let last = 0;
  for (;;) {
    const next = lines.next();
    if (next.done) return next.value;
    const line = next.value;
    const envelope = parseEnvelope(line);
    if (envelope === null) throw damaged(path, last + 1, 'it has not the form of a journal line');
    if (last === 0 && (options.from ?? 0) === 0 && envelope.kind !== 'header') {
      throw damaged(path, 1, 'the file does not start with a journal header');
    }
    last = envelope.seq;
    if (envelope.kind !== 'body' || skip.some((start) => startsWith(line, envelope, start))) continue;
    yield { seq: envelope.seq, time: envelope.time, body: parseBody(path, line, envelope) };
  }
}

function startsWith(line: Buffer, envelope: Envelope, text: string): boolean {
  return line.toString('latin1', envelope.valueStart, envelope.valueStart + text.length) === text;
}

function parseBody(path: string, line: Buffer, envelope: Envelope): RecordBody {
  let value: unknown;
  try {
    value = JSON.parse(valueText(line, envelope));
  } catch (error) {
    throw damaged(path, envelope.seq, 'its body is not JSON', error);
  }
  const parsed = recordBody.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damaged(path, envelope.seq, `its body is not a known record (${issue?.path.join('.')}: ${issue?.message})`);
  }
  return parsed.data;
}

function damaged(path: string, record: number, why: string, cause?: unknown): JournalError {
  return new JournalError(
    'journal_damaged',
    `Line ${record} of ${path} cannot be read: ${why}.`,
    'Nothing was changed. Verify the journal to learn whether it was altered, or read it with the version of Postern that wrote it.',
    { cause },
  );
}
