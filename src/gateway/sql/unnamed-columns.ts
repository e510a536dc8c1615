import { isNode, listAt, nameParts, type SyntaxNode, stringAt } from './tree.ts';

/**
 * True when the statement surely does not touch columns of these names, in whatever relation: none is written anywhere, and
 * nothing stands for columns without naming them: `*`, a whole row, a NATURAL join, a relation renamed column by column.
 * Errs on the side of false. What views and functions read for the statement is not looked at.
 */
export function namesNoneOf(columns: ReadonlySet<string>, tree: unknown): boolean {
  const rows = new Set<string>();
  collectRows(tree, rows);
  return isWithout(tree, columns, rows);
}

/** Names under which a whole row could be meant: relations, and whatever has an alias. */
function collectRows(value: unknown, rows: Set<string>): void {
  if (Array.isArray(value)) {
    for (const member of value) collectRows(member, rows);
    return;
  }
  if (!isNode(value)) return;
  for (const name of [stringAt(value, 'relname'), stringAt(value, 'aliasname'), stringAt(value, 'ctename')])
    if (name !== '') rows.add(name);
  for (const child of Object.values(value)) collectRows(child, rows);
}

function isWithout(value: unknown, columns: ReadonlySet<string>, rows: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return value.every((member) => isWithout(member, columns, rows));
  if (typeof value === 'string') return !columns.has(value);
  if (!isNode(value)) return true;
  return Object.entries(value).every(
    ([key, child]) => !(isNode(child) && standsForColumns(key, child, rows)) && isWithout(child, columns, rows),
  );
}

function standsForColumns(tag: string, node: SyntaxNode, rows: ReadonlySet<string>): boolean {
  switch (tag) {
    case 'A_Star':
      return true;
    case 'ColumnRef':
      return rows.has(nameParts(listAt(node, 'fields')).at(-1) ?? '');
    case 'JoinExpr':
      return node.isNatural === true;
    case 'CopyStmt':
      return isNode(node.relation);
    default:
      return listAt(node, 'colnames').length > 0 || listAt(node, 'aliascolnames').length > 0;
  }
}
