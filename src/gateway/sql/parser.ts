import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import { messageOf } from '../../contract/index.ts';
import { ByteBoundedCache } from './cache.ts';
import type { CatalogSnapshot } from './catalog.ts';
import { indexOf } from './catalog-index.ts';
import type { ParsedStatement, Understanding } from './effects.ts';
import { effectsOf } from './effects-of.ts';
import { DEFAULT_SQL_LIMITS, type SqlLimits } from './limits.ts';
import { isNode, type SyntaxNode } from './tree.ts';

/** PostgreSQL's own grammar (libpg-query 18), with effects. */
export interface Parser {
  /** Longer texts, in bytes, are `too_long`; they need not be made a string to be asked about. */
  readonly statementBytes: number;
  /**
   * What a Query text or a Parse text would do. Never throws: what cannot be parsed here is `not_understood`, with a code.
   * The parser reads strings as with standard_conforming_strings = on (see `mayReadDifferently`). With `catalog` null no
   * unqualified function is harmless and no predicate is a key.
   */
  understand(text: string, catalog: CatalogSnapshot | null): Understanding;
}

/** Loads the grammar (about 20 ms, once per process). */
export async function createParser(options: { readonly limits?: Partial<SqlLimits> } = {}): Promise<Parser> {
  await loadModule();
  const limits: SqlLimits = { ...DEFAULT_SQL_LIMITS, ...options.limits };
  const cache = new ByteBoundedCache<Known>(limits.cacheBytes);
  let sound = true;
  return {
    statementBytes: limits.statementBytes,
    understand(text, catalog) {
      const id = catalog === null ? 0 : indexOf(catalog).id;
      const known = cache.get(text); // only texts that passed the checks below were ever kept
      for (const one of known ?? []) if (one.catalog === id) return one.understanding;
      const refusal = refuseText(text, limits);
      if (refusal !== null) return refusal;
      if (!sound)
        return notUnderstood(
          'too_deep',
          'The parser failed its self-check and takes no more statements; restart Postern.',
        );
      const understanding = understandUncached(text, catalog);
      if (understanding.status === 'not_understood' && understanding.code === 'too_deep') sound = selfCheck();
      const all = [{ catalog: id, understanding }, ...(known ?? [])].slice(0, keptCatalogs);
      cache.set(text, all, entryBytes(text) * all.length);
      return understanding;
    },
  };
}

/** What is known of one text, by the catalog it was looked at with, the latest first. */
type Known = readonly { readonly catalog: number; readonly understanding: Understanding }[];

/** Catalogs that one text is remembered with: those of a few search paths, and of a few databases. */
const keptCatalogs = 8;

/** A tree takes roughly forty times its text (measured on the benign corpus), and a little for the entry itself. */
const entryBytes = (text: string): number => 512 + text.length * 40;

/**
 * True when a server with standard_conforming_strings = off may read the text differently than the parser here does: a
 * backslash inside a quoted literal would then be an escape. Errs on the side of true.
 */
export function mayReadDifferently(text: string): boolean {
  return text.includes('\\') && text.includes("'");
}

function refuseText(text: string, limits: SqlLimits): Understanding | null {
  // libpg-query reads up to a NUL and reports success; the server would see another statement, or none.
  if (text.includes('\0')) return notUnderstood('invalid_text', 'The statement contains a NUL character.');
  if (/\p{Surrogate}/u.test(text))
    return notUnderstood('invalid_text', 'The statement is not valid Unicode (a lone surrogate).');
  const bytes = Buffer.byteLength(text);
  return bytes <= limits.statementBytes ? null : tooLong(bytes, limits.statementBytes);
}

/** What is understood of a text of so many bytes, where only `most` are read. */
export const tooLong = (bytes: number, most: number): Understanding =>
  notUnderstood('too_long', `The statement has ${bytes} bytes; at most ${most} are read. Send it in parts.`);

function understandUncached(text: string, catalog: CatalogSnapshot | null): Understanding {
  if (text === '') return { status: 'understood', statements: [] };
  try {
    const bytes = Buffer.from(text);
    const statements: ParsedStatement[] = rawStatements(text).map(({ stmt, start, end }) =>
      effectsOf(stmt, bytes.toString('utf8', start, end ?? bytes.length).trim(), catalog, parseStatements),
    );
    return { status: 'understood', statements };
  } catch (error) {
    return explainFailure(error);
  }
}

/** Locations in the tree are byte offsets; the first statement's is absent when 0, the last one's length when it runs to the end. */
function rawStatements(text: string): readonly { stmt: SyntaxNode; start: number; end: number | null }[] {
  return (parseSync(text).stmts ?? []).map((raw) => {
    const start = raw.stmt_location ?? 0;
    const length = raw.stmt_len ?? 0;
    if (!isNode(raw.stmt)) throw new Error('the parser returned a statement without a tree');
    return { stmt: raw.stmt, start, end: length === 0 ? null : start + length };
  });
}

const parseStatements = (sql: string): readonly SyntaxNode[] => rawStatements(sql).map((raw) => raw.stmt);

function explainFailure(error: unknown): Understanding {
  const message = messageOf(error);
  const exhausted = error instanceof RangeError || /memory|stack depth|call stack/i.test(message);
  if (exhausted || !hasSqlDetails(error))
    return notUnderstood('too_deep', 'The statement is too deeply nested or too large to be parsed.');
  const position = error.sqlDetails?.cursorPosition;
  return notUnderstood('syntax', position === undefined ? message : `${message} (at character ${position + 1})`);
}

/** After the parser ran out of room: does it still read the simplest statement as it should? If not, it is not used again. */
function selfCheck(): boolean {
  try {
    return JSON.stringify(parseSync('SELECT 1').stmts?.[0]?.stmt ?? null).includes('"SelectStmt"');
  } catch {
    return false;
  }
}

function notUnderstood(code: 'syntax' | 'too_long' | 'too_deep' | 'invalid_text', reason: string): Understanding {
  return { status: 'not_understood', code, reason };
}
