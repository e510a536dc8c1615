import { parsePlPgSQLSync } from 'libpg-query';
import { isNode, type SyntaxNode, stringAt } from './tree.ts';

/** SQL that a PL/pgSQL body runs, as statements that PostgreSQL's grammar takes. */
export interface PlpgsqlReading {
  readonly statements: readonly string[];
  /** The types that its variables have. */
  readonly types: readonly VariableType[];
  /** What cannot be told from the body: EXECUTE and other dynamic SQL, transaction control, parts that are not known. */
  readonly unknown: readonly string[];
  /** True when a statement may run more than once. */
  readonly loops: boolean;
}

/** `schema.type`, or `schema.table.column` for a variable declared as `table.column%TYPE`. */
export interface VariableType {
  readonly names: readonly string[];
  readonly ofColumn: boolean;
}

/** Parts of PL/pgSQL whose SQL is all in the expressions below them. Dynamic SQL is told by its own field or statement. */
const KNOWN = new Set(
  `function var rec row recfield type expr exception_block exception condition case_when if_elsif diag_item raise_option
stmt_block stmt_assign stmt_if stmt_case stmt_loop stmt_while stmt_fori stmt_fors stmt_forc stmt_foreach_a stmt_exit
stmt_return stmt_return_next stmt_return_query stmt_raise stmt_assert stmt_execsql stmt_perform stmt_getdiag stmt_open
stmt_fetch stmt_close stmt_call`
    .split(/\s+/)
    .map((name) => `PLpgSQL_${name}`),
);

/**
 * Reads the body of a PL/pgSQL function from its whole CREATE FUNCTION (or a DO block's from `asFunction`). Null when
 * PL/pgSQL's own grammar does not take it. libpg-query must be loaded.
 */
export function readPlpgsql(definition: string): PlpgsqlReading | null {
  let tree: unknown;
  try {
    tree = parsePlPgSQLSync(definition);
  } catch {
    return null;
  }
  const functions = isNode(tree) ? (tree as SyntaxNode).plpgsql_funcs : null;
  if (!Array.isArray(functions) || functions.length !== 1) return null;
  const reading = { statements: [] as string[], types: [] as VariableType[], unknown: [] as string[], loops: false };
  visit(functions, reading);
  return reading;
}

/** A DO block's code as a function, which is what PL/pgSQL's grammar is asked to read. */
export function asFunction(code: string): string {
  let tag = '$postern$';
  while (code.includes(tag)) tag = `$p${tag.slice(1)}`;
  return `CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ${tag}${code}${tag}`;
}

interface Reading {
  readonly statements: string[];
  readonly types: VariableType[];
  readonly unknown: string[];
  loops: boolean;
}

function visit(value: unknown, reading: Reading): void {
  if (Array.isArray(value)) {
    for (const member of value) visit(member, reading);
    return;
  }
  if (!isNode(value)) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === 'dynquery') reading.unknown.push('dynamic SQL');
    if (/^PLpgSQL_stmt_(loop|while|for)/.test(key)) reading.loops = true;
    if (key.startsWith('PLpgSQL_') && !KNOWN.has(key)) reading.unknown.push(key.replace('PLpgSQL_', ''));
    if (key === 'PLpgSQL_expr' && isNode(child)) note(child, reading);
    else if (key === 'PLpgSQL_type' && isNode(child)) reading.types.push(variableType(stringAt(child, 'typname')));
    else visit(child, reading);
  }
}

/** Reads the name of a type as PL/pgSQL has kept it; what stands behind the name (modifier, array, %ROWTYPE) says nothing here. */
function variableType(text: string): VariableType {
  const name = /^(?:"(?:[^"]|"")*"|[^"([%])*/.exec(text)?.[0] ?? '';
  const names = [...name.matchAll(/"((?:[^"]|"")*)"|[\w$]+/g)].map(([word, quoted]) =>
    quoted === undefined ? word.toLowerCase() : quoted.replaceAll('""', '"'),
  );
  return { names, ofColumn: /%TYPE/i.test(text.slice(name.length)) };
}

/** RawParseMode (parser/parser.h) says what the text of an expression is. Fields with their default value are absent. */
function note(expression: SyntaxNode, reading: Reading): void {
  const query = stringAt(expression, 'query');
  switch (expression.parseMode ?? 0) {
    case 0: // RAW_PARSE_DEFAULT: a statement
      reading.statements.push(query);
      return;
    case 2: // RAW_PARSE_PLPGSQL_EXPR
      reading.statements.push(`SELECT ${query}`);
      return;
    case 3: // RAW_PARSE_PLPGSQL_ASSIGN1 … 3, by the number of names before the first subscript
    case 4:
    case 5: {
      const at = assignmentAt(query);
      if (at === null) reading.unknown.push('assignment');
      else reading.statements.push(`SELECT ${query.slice(0, at.from)}`, `SELECT ${query.slice(at.to)}`);
      return;
    }
    default:
      reading.unknown.push('expression');
  }
}

/** Where `:=` or `=` stands between target and value: the first one outside of brackets and quotes. */
function assignmentAt(query: string): { from: number; to: number } | null {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < query.length; at++) {
    const character = query[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '[' || character === '(') depth++;
    else if (character === ']' || character === ')') depth--;
    else if (depth === 0 && query.startsWith(':=', at)) return { from: at, to: at + 2 };
    else if (depth === 0 && character === '=') return { from: at, to: at + 1 };
  }
  return null;
}
