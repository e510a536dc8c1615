import { isNode, listOf, stringsOf, tagged, textOf } from '../tree.ts';

/** How a COPY TO STDOUT writes its rows, as its options say. `delimiter`, `quote` and `escapedBy` are single ASCII bytes. */
export type CopyFormat =
  /** NULL is `\N`, which no value is written as: every backslash of a value is doubled. */
  | { readonly kind: 'text'; readonly delimiter: number; readonly header: boolean }
  | {
      readonly kind: 'csv';
      readonly delimiter: number;
      readonly header: boolean;
      readonly quote: number;
      readonly escapedBy: number;
      /** NULL, without quotes; a value of the same bytes is written in quotes. */
      readonly nullString: Buffer;
      /** Columns whose values are always written in quotes. */
      readonly forceQuote: 'all' | readonly string[];
    }
  | { readonly kind: 'binary' };

/** Why the rows of a COPY cannot be masked, and what to write instead. */
export interface UnmaskableCopy {
  readonly reason: string;
  readonly hint: string;
}

export const isUnmaskable = (copy: object): copy is UnmaskableCopy => 'reason' in copy;

type Options = ReadonlyMap<string, unknown>;

/** Options that a COPY TO STDOUT of text, csv or binary may have; of any other nobody knows what it does to the rows. */
const known = new Set(['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'force_quote', 'encoding']);

/**
 * What the options of a COPY mean (ProcessCopyOptions in copy.c), in both syntaxes, for the grammar makes them one. Options
 * that do not go together are the server's to refuse. What is not surely readable is refused: a value that could be taken for
 * NULL would leave unmasked.
 */
export function copyFormatOf(list: unknown): CopyFormat | UnmaskableCopy {
  const options = new Map<string, unknown>();
  for (const item of listOf(list)) {
    const name = textOf(tagged(item, 'DefElem')?.defname) ?? '';
    if (!known.has(name)) return unmaskable(`of its option ${name.toUpperCase()}`, 'Leave the option out.');
    if (options.has(name)) return unmaskable(`its option ${name.toUpperCase()} stands there twice`, 'Name it once.');
    options.set(name, tagged(item, 'DefElem')?.arg);
  }
  const encoding = textOption(options, 'encoding', 'utf8');
  if (encoding === null || !isUtf8(encoding)) return unmaskable('its ENCODING is not UTF8', 'Leave ENCODING out.');
  switch (textOption(options, 'format', 'text')) {
    case 'text':
      return textFormat(options);
    case 'csv':
      return csvFormat(options);
    case 'binary':
      return { kind: 'binary' };
    default:
      return unmaskable('its FORMAT is none of text, csv and binary', 'Use one of these.');
  }
}

const unmaskable = (reason: string, hint: string): UnmaskableCopy => ({ reason, hint });

/** As pg_char_to_encoding reads names: letters and digits only. */
const isUtf8 = (name: string): boolean => ['utf8', 'unicode'].includes(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));

/** The text of an option, or what holds without it; null when it is no text. An empty text has no `sval` in the tree. */
function textOption(options: Options, name: string, otherwise: string): string | null {
  if (!options.has(name)) return otherwise;
  const string = tagged(options.get(name), 'String');
  return string === null ? null : (textOf(string.sval) ?? '');
}

/** An option of one character; null when it is not one that can be told apart from the rest of a row. */
function byteOption(options: Options, name: string, otherwise: string): number | null {
  const text = textOption(options, name, otherwise) ?? '';
  const byte = text.charCodeAt(0);
  return text.length === 1 && byte > 0 && byte < 0x80 && text !== '\n' && text !== '\r' ? byte : null;
}

/** True, false, or null when the option is neither. Without a value it is on. */
function headerOption(options: Options): boolean | null {
  const value = options.get('header');
  if (value === undefined) return options.has('header');
  const boolean = tagged(value, 'Boolean');
  if (boolean !== null) return boolean.boolval === true;
  const integer = tagged(value, 'Integer');
  if (integer !== null) return integer.ival === undefined || integer.ival === 0 ? false : integer.ival === 1 || null;
  const word = tagged(value, 'String')?.sval;
  const text = typeof word === 'string' ? word.toLowerCase() : '';
  if (text === 'true' || text === 'on') return true;
  return text === 'false' || text === 'off' ? false : null;
}

const oddHeader = unmaskable('its HEADER is neither on nor off', 'Write HEADER true or leave it out.');
const oddByte = (name: string): UnmaskableCopy =>
  unmaskable(`its ${name} is not a single ASCII character that can be told apart`, `Leave ${name} out.`);

function textFormat(options: Options): CopyFormat | UnmaskableCopy {
  const header = headerOption(options);
  if (header === null) return oddHeader;
  const delimiter = byteOption(options, 'delimiter', '\t');
  // What the server refuses, and N: `\N` would be a value of its own.
  if (delimiter === null || /[\\.a-z0-9N]/.test(String.fromCharCode(delimiter))) return oddByte('DELIMITER');
  if (textOption(options, 'null', '\\N') !== '\\N')
    return unmaskable(
      'in format text a value may be written like its NULL, and would then not be masked',
      'Leave NULL out, or use FORMAT csv, which writes such values in quotes.',
    );
  return { kind: 'text', delimiter, header };
}

function csvFormat(options: Options): CopyFormat | UnmaskableCopy {
  const header = headerOption(options);
  if (header === null) return oddHeader;
  const delimiter = byteOption(options, 'delimiter', ',');
  if (delimiter === null) return oddByte('DELIMITER');
  const quote = byteOption(options, 'quote', '"');
  if (quote === null || quote === delimiter) return oddByte('QUOTE');
  const escapedBy = byteOption(options, 'escape', String.fromCharCode(quote));
  if (escapedBy === null) return oddByte('ESCAPE');
  const nullText = textOption(options, 'null', '');
  const parts = ['\n', '\r', String.fromCharCode(quote), String.fromCharCode(delimiter)];
  if (nullText === null || parts.some((part) => nullText.includes(part)))
    return unmaskable('its NULL is no text that stands apart from the rest of a row', 'Leave NULL out.');
  const forceQuote = forced(options.get('force_quote'));
  const nullString = Buffer.from(nullText, 'utf8');
  return { kind: 'csv', delimiter, header, quote, escapedBy, nullString, forceQuote };
}

const forced = (value: unknown): 'all' | readonly string[] =>
  isNode(value) && 'A_Star' in value ? 'all' : stringsOf(tagged(value, 'List')?.items);
