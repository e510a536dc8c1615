import { createHash } from 'node:crypto';
import type { Understanding } from '../sql/effects.ts';
import { tooLong } from '../sql/parser.ts';
import type { JudgeContext } from './judged.ts';

// A byte order mark is part of what the server reads, so it stays.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the server will read in these bytes, or why that cannot be told. */
export function decode(
  text: Buffer,
  context: JudgeContext,
  unreadable: string | null = null,
): { ok: true; text: string } | { ok: false; understanding: Understanding } {
  const reason = unreadable ?? whyUnreadable(text, context);
  if (reason !== null) return { ok: false, understanding: notUnderstood(reason) };
  const { statementBytes } = context.parser;
  if (text.length > statementBytes) return { ok: false, understanding: tooLong(text.length, statementBytes) };
  try {
    return { ok: true, text: decodedOnce(text) };
  } catch {
    return { ok: false, understanding: notUnderstood('the text is not valid UTF-8') };
  }
}

const decoded = new WeakMap<Buffer, string>();

/** One string for one text, however often it is bound: a segment may bind a text of megabytes ten thousand times. */
function decodedOnce(text: Buffer): string {
  const known = decoded.get(text) ?? strictUtf8.decode(text);
  decoded.set(text, known);
  return known;
}

/** Why the settings of this moment leave open what the server reads in a text; null when they do not. */
export function whyUnreadable(text: Buffer, context: JudgeContext): string | null {
  if (!context.standardConformingStrings && text.includes(0x5c)) {
    return 'standard_conforming_strings is off, so a backslash may end a literal elsewhere than it seems';
  }
  const encoding = context.clientEncoding.toUpperCase();
  if (encoding !== 'UTF8' && encoding !== 'UNICODE' && !isAscii(text)) {
    return `client_encoding is ${context.clientEncoding}; only UTF8 text is understood`;
  }
  if (context.readingInFlight && (text.includes(0x5c) || !isAscii(text))) {
    return 'an earlier statement of the same pipeline may change how the server reads backslashes and letters beyond ASCII; send a Sync in between';
  }
  return null;
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}

export function notUnderstood(reason: string): Understanding {
  return { status: 'not_understood', code: 'invalid_text', reason };
}

/** Bytes of a long text that are shown and recorded. */
const shownBytes = 100_000;

/** How a text is shown and recorded: as it is, or its beginning and the SHA-256 of all of it; it is never one long string. */
export function shownText(text: Buffer, read: string | null): { readonly text: string; readonly wholeDigest?: string } {
  if (text.length <= shownBytes) return { text: read ?? text.toString('latin1') };
  const beginning = text.subarray(0, shownBytes).toString(read === null ? 'latin1' : 'utf8');
  return {
    text: `${beginning} … (cut: ${text.length} bytes in all)`,
    wholeDigest: createHash('sha256').update(text).digest('hex'),
  };
}
