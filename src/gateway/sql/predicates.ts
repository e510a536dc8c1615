import type { CatalogRelation } from './catalog.ts';
import type { Place } from './draft.ts';
import type { PredicateQuality } from './effects.ts';
import { columnsIn, hasSubquery } from './expressions.ts';
import { listAt, nameParts, nodeAt, type SyntaxNode, stringAt, tagged } from './tree.ts';
import { constantOf, constantText } from './values.ts';

/** The most rows that several IN lists over one key may name together and still count as narrow. */
const KEY_VALUES_LIMIT = 20;

/**
 * How narrow the WHERE of an UPDATE or DELETE is. A tautology is recognised only at best effort; what matters is that
 * `key` is a proof: all columns of one unique key compared by = or a short IN with constants or parameters, AND-ed, in a
 * statement without sub-select, WITH, FROM or USING, on a table whose unique indexes cover all rows it reaches.
 */
export function predicateQuality(statement: SyntaxNode, place: Place): PredicateQuality {
  const where = statement.whereClause;
  if (where === undefined) return 'none';
  if (isTautology(where)) return 'tautology';
  const narrowForm =
    statement.withClause === undefined &&
    listAt(statement, 'usingClause').length === 0 &&
    listAt(statement, 'fromClause').length === 0 &&
    !hasSubquery(statement);
  const target = nodeAt(statement, 'relation');
  if (!narrowForm || target === null || place.index === null || place.index.hasUserOperator('=')) return 'unproven';
  const relation = place.index.relation(stringAt(target, 'schemaname') || null, stringAt(target, 'relname'));
  if (relation === null || !uniqueIndexesCover(relation, target, place)) return 'unproven';
  const { values, bounded } = restrictions(where, target);
  const byKey = relation.uniqueKeys.some((key) => {
    const counts = key.map((column) => values.get(column) ?? Number.POSITIVE_INFINITY);
    return key.length > 0 && counts.reduce((product, count) => product * count, 1) <= KEY_VALUES_LIMIT;
  });
  if (byKey) return 'key';
  const { indexed = [] } = relation;
  if (indexed.some((column) => values.has(column))) return 'index';
  return indexed.some((column) => bounded.has(column)) ? 'range' : 'unproven';
}

/** A unique index of an inheritance parent says nothing of its children; a partitioned table's covers all partitions. */
function uniqueIndexesCover(relation: CatalogRelation, target: SyntaxNode, place: Place): boolean {
  if (relation.kind === 'p') return true;
  return relation.kind === 'r' && (target.inh !== true || place.index?.childrenOf(relation.oid).length === 0);
}

interface Restrictions {
  /** For each column that is AND-ed as equal to constants or parameters: how many values it may have, if that is known. */
  readonly values: ReadonlyMap<string, number>;
  /** Columns that are AND-ed as greater or less than constants or parameters. */
  readonly bounded: ReadonlySet<string>;
}

function restrictions(where: unknown, target: SyntaxNode): Restrictions {
  const values = new Map<string, number>();
  const bounded = new Set<string>();
  const equals = (name: string, count: number): unknown =>
    values.set(name, Math.min(count, values.get(name) ?? Number.POSITIVE_INFINITY));
  for (const part of conjuncts(where)) {
    const expression = tagged(part);
    if (expression?.tag !== 'A_Expr') continue;
    const { kind, lexpr, rexpr } = expression.node;
    const operator = nameParts(listAt(expression.node, 'name'));
    if (operator.length > 1 && operator.at(-2) !== 'pg_catalog') continue;
    const symbol = operator.at(-1) ?? '';
    const name = columnOf(lexpr, target);
    if (kind === 'AEXPR_OP') {
      const side = name ?? columnOf(rexpr, target);
      if (side === null || constantOf(name === null ? lexpr : rexpr) === null) continue;
      if (symbol === '=') equals(side, 1);
      else if (COMPARISONS.has(symbol)) bounded.add(side);
    } else if (name !== null && symbol === '=' && (kind === 'AEXPR_IN' || kind === 'AEXPR_OP_ANY')) {
      const count = kind === 'AEXPR_IN' ? constantsIn(rexpr) : arrayLength(rexpr);
      if (count !== null) equals(name, count);
    } else if (name !== null && kind === 'AEXPR_BETWEEN' && constantsIn(rexpr) !== null) {
      bounded.add(name);
    }
  }
  return { values, bounded };
}

const COMPARISONS = new Set(['<', '<=', '>', '>=']);

/** How many items a list has, when all of them are constants or parameters and there is at least one. */
function constantsIn(value: unknown): number | null {
  const list = tagged(value);
  const items = list?.tag === 'List' ? listAt(list.node, 'items') : [];
  return items.length > 0 && items.every((item) => constantOf(item) !== null) ? items.length : null;
}

/** The most elements that a constant array has; any number for a parameter. Null for what is no constant array. */
function arrayLength(value: unknown): number | null {
  const node = tagged(value);
  if (node?.tag === 'TypeCast') return arrayLength(node.node.arg);
  if (node?.tag === 'A_ArrayExpr') {
    const items = listAt(node.node, 'elements');
    return items.length > 0 && items.every((item) => constantOf(item) !== null) ? items.length : null;
  }
  const constant = constantOf(value);
  if (constant === null) return null;
  return constant === 'parameter' ? Number.POSITIVE_INFINITY : constant.text.split(',').length;
}

function conjuncts(where: unknown): readonly unknown[] {
  const node = tagged(where);
  if (node?.tag !== 'BoolExpr' || node.node.boolop !== 'AND_EXPR') return [where];
  return listAt(node.node, 'args').flatMap(conjuncts);
}

/** The name of a plain column of the target, be it qualified by alias, table or schema and table. */
function columnOf(value: unknown, target: SyntaxNode): string | null {
  const node = tagged(value);
  if (node?.tag !== 'ColumnRef') return null;
  const parts = nameParts(listAt(node.node, 'fields'));
  const column = parts.at(-1) ?? null;
  const alias = nodeAt(target, 'alias');
  const name = alias === null ? stringAt(target, 'relname') : stringAt(alias, 'aliasname');
  const qualifiedRight = parts.length === 1 || (parts.at(-2) === name && parts.length <= 3);
  return qualifiedRight ? column : null;
}

/** True for conditions that hold for every row as far as the text alone tells; false proves nothing. */
function isTautology(where: unknown): boolean {
  const node = tagged(where);
  if (node === null) return false;
  switch (node.tag) {
    case 'A_Const':
      return ['true', 't', 'yes', 'on', '1'].includes(constantText(node.node).toLowerCase());
    case 'TypeCast':
      return isTautology(node.node.arg);
    case 'BoolExpr': {
      const args = listAt(node.node, 'args');
      if (node.node.boolop === 'AND_EXPR') return args.every(isTautology);
      if (node.node.boolop === 'OR_EXPR') return args.some(isTautology);
      return false;
    }
    case 'NullTest':
      return node.node.nulltesttype === 'IS_NOT_NULL';
    case 'BooleanTest':
      return node.node.booltesttype === 'IS_NOT_UNKNOWN';
    case 'A_Expr': {
      const { lexpr, rexpr } = node.node;
      const withoutColumns = columnsIn([lexpr, rexpr]).length === 0 && !hasSubquery([lexpr, rexpr]);
      const hasParameter = JSON.stringify([lexpr, rexpr]).includes('"ParamRef"');
      const same = withoutLocations(lexpr) === withoutLocations(rexpr);
      return same || (withoutColumns && !hasParameter);
    }
    default:
      return false;
  }
}

function withoutLocations(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === 'location' ? undefined : inner)) ?? '';
}
