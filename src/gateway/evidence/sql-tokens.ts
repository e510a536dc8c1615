/** What a piece of SQL is, as far as colour goes. This colours; it never judges (the parser does). */
export type SqlTokenKind = 'keyword' | 'string' | 'number' | 'comment' | 'other';

interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly text: string;
}

const keywords = new Set(
  `abort add all alter analyze and any as asc begin between by call cascade case cast check close cluster column comment commit
  concurrently conflict constraint copy create cross current database declare default delete desc distinct do drop else end except
  execute exists explain extension false fetch filter for foreign from full function grant group having if ilike in index inner insert
  intersect into is isolation join key lateral left level like limit listen lock materialized merge natural not notify nothing null
  offset on or order outer over partition policy prepare primary privileges procedure read recursive references refresh reindex release
  rename reset restrict returning revoke right role rollback row rows savepoint schema select sequence session set show start table
  tablesample temp temporary then to transaction trigger true truncate union unique update user using vacuum values view when where
  window with within without work write`.split(/\s+/),
);

// Order matters: comments and quoted things first, since anything may stand in them. Unterminated ones run to the end.
const token =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|\$(?<tag>[A-Za-z_]*)\$[\s\S]*?(?:\$\k<tag>\$|$))|(?<quoted>"(?:[^"]|"")*(?:"|$))|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>[A-Za-z_][A-Za-z0-9_$]*)|(?<rest>\s+|\$\d+|[\s\S])/gu;

/** Cuts SQL into coloured pieces; joined together they are the text again, whatever it is. */
export function sqlTokens(text: string): SqlToken[] {
  return [...text.matchAll(token)].map(({ 0: piece, groups }) => ({ kind: kindOf(piece, groups ?? {}), text: piece }));
}

function kindOf(piece: string, groups: Readonly<Record<string, string | undefined>>): SqlTokenKind {
  if (groups.comment !== undefined) return 'comment';
  if (groups.string !== undefined) return 'string';
  if (groups.number !== undefined) return 'number';
  return groups.word !== undefined && keywords.has(piece.toLowerCase()) ? 'keyword' : 'other';
}
