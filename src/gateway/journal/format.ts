import { createHash } from 'node:crypto';

// The byte-exact format of a journal; docs/journal-format.md says the same in words, for authors of other verifiers.

/** First words of the header and of every checkpoint; a change of the format changes the number. */
export const journalFormat = 'postern-journal/1';

/** `prev` of the first line, which has none before it. */
export const noPrevious = '0'.repeat(64);

/** A longer line is not one of ours (records are capped far below), so a reader need not buffer without end. */
export const maxLineBytes = 128 * 1024 * 1024;

/** What a line holds: the opening line, a record, or a signed checkpoint over all lines before it. */
export type LineKind = 'header' | 'body' | 'checkpoint';

export interface Envelope {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** SHA-256 of the line before, in hex. */
  readonly prev: string;
  readonly kind: LineKind;
  /** Where the JSON of the value starts; it ends before the line's last byte. */
  readonly valueStart: number;
}

/** One line without its line feed. `json` goes in as it is, so a body is serialised once. */
export function formatLine(seq: number, time: number, prev: string, kind: LineKind, json: string): string {
  return `{"seq":${seq},"time":${time},"prev":"${prev}","${kind}":${json}}`;
}

/** SHA-256 in hex over the bytes of a line without its line feed. */
export function hashLine(line: Buffer): string {
  return createHash('sha256').update(line).digest('hex');
}

const prefix =
  /^\{"seq":([1-9][0-9]{0,15}),"time":(0|[1-9][0-9]{0,15}),"prev":"([0-9a-f]{64})","(header|body|checkpoint)":/;
const longestPrefix = 160;
const closingBrace = 0x7d;

/** Reads the envelope by its fixed form, without parsing the value; null when the line has not that form. */
export function parseEnvelope(line: Buffer): Envelope | null {
  if (line.length === 0 || line[line.length - 1] !== closingBrace) return null;
  const match = prefix.exec(line.toString('latin1', 0, Math.min(line.length, longestPrefix)));
  if (match === null) return null;
  const [whole, seq, time, prev, kind] = match;
  if (prev === undefined || (kind !== 'header' && kind !== 'body' && kind !== 'checkpoint')) return null;
  return { seq: Number(seq), time: Number(time), prev, kind, valueStart: whole.length };
}

/** The JSON text of the value of a line whose envelope was parsed. */
export function valueText(line: Buffer, envelope: Envelope): string {
  return line.toString('utf8', envelope.valueStart, line.length - 1);
}
