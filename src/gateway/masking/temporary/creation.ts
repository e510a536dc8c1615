import { clean } from '../lineage/lineage.ts';
import type { Column } from '../lineage/range.ts';
import { isNode, listOf, type TreeNode, tagged, textOf } from '../tree.ts';

/** A temporary table as a statement makes it. */
export interface Creation {
  readonly name: string;
  readonly columns: readonly Column[];
}

/**
 * The temporary table that a statement makes when it succeeds; null when it makes none, or what is in it may be more than the
 * statement says. `made`: what its query puts there.
 */
export function temporaryCreation(tag: string, node: TreeNode, made: readonly Column[] | null): Creation | null {
  const relation = createdRelation(tag, node);
  const name = textOf(relation?.relname);
  if (name === null || relation?.relpersistence !== 't' || node.if_not_exists === true) return null;
  const columns = tag === 'CreateStmt' ? definedColumns(node) : made;
  return columns === null || columns.some(({ many }) => many === true) ? null : { name, columns };
}

/** The relation that a statement makes and fills; null where it makes none. */
export function createdRelation(tag: string, node: TreeNode): TreeNode | null {
  if (tag === 'CreateStmt') return isNode(node.relation) ? node.relation : null;
  if (tag !== 'CreateTableAsStmt' && tag !== 'SelectStmt') return null;
  const into = tag === 'SelectStmt' ? node.intoClause : node.into;
  if (isNode(into) && isNode(into.rel)) return into.rel;
  // `SELECT … INTO` stands in the first arm of a set operation.
  return isNode(node.larg) ? createdRelation(tag, node.larg) : null;
}

/** Constraints that neither compute nor copy anything. A default is among the statement's calls. */
const plain = new Set([
  'CONSTR_NULL',
  'CONSTR_NOTNULL',
  'CONSTR_DEFAULT',
  'CONSTR_IDENTITY',
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
]);

/** The empty columns of CREATE TABLE; null with anything that brings rows, values or checks of its own: LIKE, INHERITS, REFERENCES, CHECK … */
function definedColumns(node: TreeNode): readonly Column[] | null {
  const whole = [node.inhRelations, node.constraints].every((part) => listOf(part).length === 0);
  const parts = [node.partspec, node.partbound, node.ofTypename];
  if (!whole || parts.some((part) => part !== undefined)) return null;
  const columns: Column[] = [];
  for (const item of listOf(node.tableElts)) {
    const column = tagged(item, 'ColumnDef');
    const constraints = column === null ? [item] : listOf(column.constraints);
    if (!constraints.every((one) => plain.has(textOf(tagged(one, 'Constraint')?.contype) ?? ''))) return null;
    if (column !== null) columns.push({ name: textOf(column.colname), lineage: clean });
  }
  return columns;
}
