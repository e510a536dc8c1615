import type { CellMask, ColumnType } from './column-type.ts';
import { fullMask } from './full.ts';
import { familyOf } from './type-families.ts';

/**
 * `definition`: SQL text whose constants are hidden. `tree`: the same as the server keeps it (pg_node_tree). `comment`: prose,
 * in which what looks like an address or a number is hidden. `settings`: `name=value` pairs, of which those that may hold
 * secrets lose their value. `options`: pairs that say how another server is reached, of which only those that cannot tell where
 * it is or who logs in there keep theirs.
 */
export type CatalogText = { readonly kind: 'definition' | 'tree' | 'comment' | 'settings' | 'options' };

export const isCatalogText = (masker: { readonly kind: string }): masker is CatalogText =>
  Object.hasOwn(hide, masker.kind);

/** Text of which statements may be told more than what is shown of it, by comparing: not where somebody logs in elsewhere. */
export const isTold = (masker: { readonly kind: string }): boolean =>
  isCatalogText(masker) && masker.kind !== 'options';

/** Masks text of the catalog; what is no text is masked whole. */
export function catalogTextMask({ kind }: CatalogText, type: ColumnType): CellMask {
  const { family } = familyOf(type);
  const mask = (change: (text: string) => string): CellMask => ({
    mask: (value) => Buffer.from(change(value.toString('utf8')), 'utf8'),
  });
  if (family === 'text' || type.typeOid === nodeTree) return mask(hide[kind]);
  if (family !== 'array' || type.format === 1) return fullMask(type);
  return mask((array) =>
    array.replaceAll(arrayElement, (whole: string, element: string | undefined) =>
      element === undefined ? hide[kind](whole) : quoted(hide[kind](unquoted(element))),
    ),
  );
}

/** An element of an array, its content where it is quoted (manual, 8.15.6). */
const arrayElement = /"((?:[^"\\]|\\[\s\S])*)"|[^{},"]+/g;
const unquoted = (element: string): string => element.replaceAll(/\\([\s\S])/g, '$1');
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** pg_node_tree in pg_type.dat. */
const nodeTree = 194;

/** An expression tree without the bytes of its constants that are more than a number. */
const hideTreeConstants = (text: string): string =>
  text.replaceAll(/(:constbyval false .*?:constvalue )\d+ \[[^\]]*\]/g, '$1<>');

/**
 * Prose without addresses (`a@b`), without numbers of six digits or more, however they are grouped, and without long words
 * of letters and digits, as keys and numbers of documents are.
 */
export const hideAddresses = (text: string): string =>
  text.replaceAll(/[^\s@]+@[^\s@]+|[+(]*\d(?:[\s().-]{0,2}\d){5,}|(?=[\w-]*\d{3})(?=[\w-]*[A-Za-z])[\w-]{10,}/g, '***');

/** `name=value`: custom settings (`app.key`) and what is named like a secret lose their value. */
const hideSetting = (text: string): string => {
  const at = text.indexOf('=');
  const secret = /[.]|pass|secret|token|credential|key/i.test(text.slice(0, Math.max(at, 0)));
  return at < 0 || secret ? `${text.slice(0, at + 1)}***` : text.slice(0, at + 1) + hideAddresses(text.slice(at + 1));
};

/** Options of postgres_fdw that only say how much is fetched at a time (manual, "postgres_fdw", "FDW Options of postgres_fdw"), and of libpq how it is encrypted. */
const harmlessOptions = new Set(
  `use_remote_estimate fdw_startup_cost fdw_tuple_cost fetch_size batch_size async_capable updatable truncatable
  keep_connections parallel_commit parallel_abort analyze_sampling sslmode`.split(/\s+/),
);

/** `host=…`: where another server is, as whom one logs in there, and with what. */
const hideOption = (text: string): string => {
  const at = text.indexOf('=');
  return harmlessOptions.has(text.slice(0, Math.max(at, 0))) ? text : `${text.slice(0, at + 1)}***`;
};

/**
 * SQL text (a view's query, a function's body, a default) with its string constants hidden, unless they are of a kind that
 * programs are made of rather than data: single words, numbers, dates, patterns, names of relations.
 */
export function hideConstants(text: string): string {
  let shown = '';
  for (let at = 0; at < text.length; ) {
    const { length, replacement } = tokenAt(text, at);
    shown += replacement ?? text.slice(at, at + length);
    at += length;
  }
  return shown;
}

interface Token {
  readonly length: number;
  /** What is shown instead. */
  readonly replacement?: string;
}

/** One with another inside is taken for one to the end: nobody writes such, and where it ends depends on who reads it. */
const comment = /--.*|\/\*(?:(?!\/\*)[\s\S])*?\*\/|\/\*[\s\S]*/y;
/** pg_get_functiondef and pg_get_viewdef quote bodies so; they are SQL again. */
const body = /\$(?:function|procedure)x*\$/y;
const dollar = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const quote = /[eE]?'/y;
const other = /"(?:[^"]|"")*"?|[\w$\u0080-\uffff]+|[\s\S]/y;

const hide: Readonly<Record<CatalogText['kind'], (text: string) => string>> = {
  definition: hideConstants,
  tree: hideTreeConstants,
  comment: hideAddresses,
  settings: hideSetting,
  options: hideOption,
};

/** Lexical structure as in the manual, 4.1. */
function tokenAt(text: string, at: number): Token {
  const remark = match(comment, text, at);
  if (remark !== null) return { length: remark.length, replacement: hideAddresses(remark) };
  const opened = match(body, text, at);
  if (opened !== null) return { length: opened.length };
  const tag = match(dollar, text, at);
  if (tag !== null) {
    const end = text.indexOf(tag, at + tag.length);
    return constant(text, at, tag, end < 0 ? text.length : end, tag);
  }
  const numeral = match(digits, text, at);
  if (numeral !== null)
    return isRound(numeral) ? { length: numeral.length } : { length: numeral.length, replacement: '***' };
  const mark = match(quote, text, at);
  if (mark !== null) return constant(text, at, mark, endOfConstant(text, at + mark.length, mark !== "'"), "'");
  const rest = match(other, text, at) ?? text.slice(at, at + 1);
  return rest.includes('@') ? { length: rest.length, replacement: hideAddresses(rest) } : { length: rest.length };
}

function constant(text: string, at: number, open: string, end: number, close: string): Token {
  const length = Math.min(text.length, end + close.length) - at;
  const closed = text.startsWith(close, end);
  if (closed && isProgram(text.slice(at + open.length, end), text.slice(at + length, at + length + 40)))
    return { length };
  return { length, replacement: `${open}***${closed ? close : ''}` };
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function endOfConstant(text: string, from: number, escapes: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    if (escapes && text[at] === '\\') at += 1;
    else if (text[at] === "'") {
      if (text[at + 1] !== "'") return at;
      at += 1;
    }
  }
  return text.length;
}

const number = /^[+-]?\d{0,6}(?:\.\d{1,6})?$/;
/** The beginning of a month, as bounds of partitions and reports are: a day of birth seldom is one. */
const date = /^\d{4}-\d\d-01(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const word = /^(?!.*-.*-)[A-Za-z_][A-Za-z_./:-]{0,19}\d{0,2}$/;
const interval = /^\d{1,4} [a-z]{1,12}$/;
const format = /^(?=.*(?:YY|MM|DD|HH|MI|SS|TZ))[A-Z24:/ .,_"-]{1,32}$/;
const pattern = /^(?!.*[\p{L}\p{N}@_-]{8})(?:\^.*[[\]\\(*+?]|.*[[\]\\(*+?].*\$$)/su;
const digits = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;

/** Numbers that programs are made of: short ones, round ones, the bounds of the integer types. */
export const isRound = (numeral: string): boolean =>
  numeral.replaceAll(/\D/g, '').length < 6 ||
  /^\d{1,3}0+$/.test(numeral) ||
  ['2147483647', '2147483648', '9223372036854775807', '9223372036854775808'].includes(numeral);

/** Whether a constant is part of a program rather than somebody's data. `after` is what follows it. */
export function isProgram(text: string, after: string): boolean {
  return (
    /^::(?:pg_catalog\.)?reg[a-z]+\b/.test(after) ||
    !/[\p{L}\p{N}]/u.test(text) ||
    (number.test(text) && isRound(text.replace(/^[+-]/, ''))) ||
    [date, word, interval, format, pattern].some((shape) => shape.test(text))
  );
}
