import type { Place } from './draft.ts';
import { noteCombinations, noteRecursion } from './query-work.ts';
import { listAt, nodeAt, type SyntaxNode, stringAt, untag } from './tree.ts';

/**
 * The place inside a statement that may have a WITH clause: its CTE names hide relations of the same name. In a recursive
 * WITH all names are in sight of each other; otherwise only the later ones see the earlier.
 */
export function withClause(node: SyntaxNode, place: Place): Place {
  const clause = nodeAt(node, 'withClause');
  if (clause === null) return place;
  const names = new Set(place.ctes);
  const expressions = listAt(clause, 'ctes')
    .map((member) => untag(member, 'CommonTableExpr'))
    .filter((member) => member !== null);
  if (clause.recursive === true) for (const expression of expressions) names.add(stringAt(expression, 'ctename'));
  for (const expression of expressions) {
    if (clause.recursive === true) noteRecursion(expression, place);
    place.collect('CommonTableExpr', expression, { ...place, ctes: new Set(names), mode: 'read' });
    names.add(stringAt(expression, 'ctename'));
  }
  return { ...place, ctes: names };
}

/** The node without some of its fields, for handlers that have dealt with them. */
export function without(node: SyntaxNode, ...fields: readonly string[]): SyntaxNode {
  return Object.fromEntries(Object.entries(node).filter(([field]) => !fields.includes(field)));
}

/** SELECT, VALUES, TABLE and their set operations. INTO makes a table; FOR UPDATE/SHARE locks rows. */
export function collectSelect(node: SyntaxNode, place: Place): void {
  const inside: Place = { ...withClause(node, place), mode: 'read' };
  place.draft.kinds.add('read');
  const into = nodeAt(node, 'intoClause');
  if (into !== null) {
    place.draft.kinds.add('ddl');
    place.draft.object ??= 'TABLE';
    place.draft.command ??= 'SELECT INTO';
    place.collect('IntoClause', into, { ...inside, mode: 'write' });
  }
  if (listAt(node, 'lockingClause').length > 0) place.draft.kinds.add('lock');
  noteCombinations(node, inside);
  place.descend('SelectStmt', without(node, 'withClause', 'intoClause', 'lockingClause'), inside);
}

/** The rows of an INSERT's source when it is a VALUES list, else null. */
export function literalRows(source: unknown): number | null {
  const select = untag(source, 'SelectStmt');
  if (select === null) return null;
  const rows = listAt(select, 'valuesLists').length;
  return rows > 0 && select.limitCount === undefined ? rows : null;
}
