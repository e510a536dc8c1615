import { PostgreSQL, SQLDialect } from '@codemirror/lang-sql';
import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';

export type SqlClass =
  | 'keyword'
  | 'type'
  | 'string'
  | 'number'
  | 'comment'
  | 'parameter'
  | 'operator'
  | 'name'
  | 'plain';

export interface SqlSpan {
  readonly text: string;
  readonly style: SqlClass;
}

/** Above this many characters a statement is shown without colours: the reader loses nothing, the page stays quick. */
export const highlightLimit = 100_000;

// The stock dialect colours every word that some SQL standard lists (id, name, email …) as a keyword. Here only words that
// give a statement its shape are coloured: PostgreSQL's reserved words (manual, appendix C) and the verbs of its commands.
const keywords =
  'all alter analyse analyze and any as asc asymmetric begin between both by call cascade case cast check close cluster ' +
  'collate column comment commit concurrently conflict constraint copy create cross current cursor database deallocate ' +
  'declare default deferrable delete desc discard distinct do drop else end except execute exists explain extension fetch ' +
  'filter following for foreign from full function grant group having if ilike in index inner insert intersect into is ' +
  'isnull join key lateral left like limit listen lock materialized merge natural not nothing notify notnull nowait ' +
  'of offset on only or order outer over partition perform preceding prepare primary procedure program recursive references ' +
  'refresh reindex release replace reset restrict returning revoke right role rollback row rows savepoint schema select ' +
  'sequence set share show similar skip symmetric table tablesample temporary then to transaction trigger truncate ' +
  'union unique unlisten until update user using vacuum values variadic verbose view when where window with';
const parser = SQLDialect.define({ ...PostgreSQL.spec, keywords }).language.parser;

const highlighter = tagHighlighter([
  { tag: tags.keyword, class: 'keyword' },
  { tag: tags.typeName, class: 'type' },
  { tag: tags.standard(tags.name), class: 'type' },
  { tag: [tags.string, tags.special(tags.string)], class: 'string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'number' },
  { tag: [tags.lineComment, tags.blockComment], class: 'comment' },
  { tag: tags.special(tags.name), class: 'parameter' },
  { tag: [tags.operator, tags.punctuation, tags.separator, tags.bracket], class: 'operator' },
]);

const parameter = /\$\d+/g;

/** Cuts a statement into styled spans with the PostgreSQL grammar; the texts of all spans joined are the statement. */
export function sqlSpans(text: string): SqlSpan[] {
  if (text.length > highlightLimit) return [{ text, style: 'plain' }];
  const spans: SqlSpan[] = [];
  let at = 0;
  const plainTo = (to: number): void => {
    if (to > at) spans.push(...withParameters(text.slice(at, to)));
    at = to;
  };
  highlightTree(parser.parse(text), highlighter, (from, to, style) => {
    plainTo(from);
    spans.push({ text: text.slice(from, to), style: style as SqlClass });
    at = to;
  });
  plainTo(text.length);
  return joinParameters(spans);
}

/** The grammar reads `$1` as `$` and a number; here they are one again. */
function joinParameters(spans: readonly SqlSpan[]): SqlSpan[] {
  const joined: SqlSpan[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && span.style === 'number' && /^\d+$/.test(span.text) && last.text.endsWith('$')) {
      joined.pop();
      if (last.text.length > 1) joined.push({ ...last, text: last.text.slice(0, -1) });
      joined.push({ text: `$${span.text}`, style: 'parameter' });
    } else joined.push(span);
  }
  return joined;
}

function withParameters(text: string): SqlSpan[] {
  const spans: SqlSpan[] = [];
  let at = 0;
  for (const match of text.matchAll(parameter)) {
    if (match.index > at) spans.push({ text: text.slice(at, match.index), style: 'plain' });
    spans.push({ text: match[0], style: 'parameter' });
    at = match.index + match[0].length;
  }
  if (at < text.length) spans.push({ text: text.slice(at), style: 'plain' });
  return spans;
}
