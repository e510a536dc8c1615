/**
 * Tags in the comment of a column: `postern:mask=email`, `postern:tag=health,hr` (several, by commas), and the bare word
 * `pii` in any spelling. They say what a column holds; rules by tag say what becomes of it.
 */
export function tagsOf(comment: string | null | undefined): readonly string[] {
  if (comment === null || comment === undefined || comment === '') return [];
  const tags = new Set<string>();
  for (const [, list] of comment.matchAll(/(?<![\w:])postern:(?:mask|tag)=([\w,-]{1,200})/gi)) {
    for (const tag of (list ?? '').toLowerCase().split(',')) if (/^[a-z][a-z0-9_-]{0,62}$/.test(tag)) tags.add(tag);
  }
  if (/(?<![\w:-])pii(?![\w-])/i.test(comment)) tags.add('pii');
  return [...tags];
}
