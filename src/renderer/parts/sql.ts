import { PostgreSQL } from '@codemirror/lang-sql';
import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';

export type SqlClass = 'keyword' | 'type' | 'string' | 'number' | 'comment' | 'parameter' | 'operator' | 'name' | 'plain';

export interface SqlSpan {
  readonly text: string;
  readonly style: SqlClass;
}

/** Above this many characters a statement is shown without colours: the reader loses nothing, the page stays quick. */
export const highlightLimit = 100_000;

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
  highlightTree(PostgreSQL.language.parser.parse(text), highlighter, (from, to, style) => {
    plainTo(from);
    spans.push({ text: text.slice(from, to), style: style as SqlClass });
    at = to;
  });
  plainTo(text.length);
  return spans;
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
