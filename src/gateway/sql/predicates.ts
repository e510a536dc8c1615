import type { CatalogRelation } from './catalog.ts';
import type { Place } from './draft.ts';
import type { PredicateQuality } from './effects.ts';
import { columnsIn, hasSubquery } from './queries.ts';
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
  const values = equalities(where, target);
  const byKey = relation.uniqueKeys.some((key) => {
    const counts = key.map((column) => values.get(column) ?? Number.POSITIVE_INFINITY);
    return key.length > 0 && counts.reduce((product, count) => product * count, 1) <= KEY_VALUES_LIMIT;
  });
  return byKey ? 'key' : 'unproven';
}

/** A unique index of an inheritance parent says nothing of its children; a partitioned table's covers all partitions. */
function uniqueIndexesCover(relation: CatalogRelation, target: SyntaxNode, place: Place): boolean {
  if (relation.kind === 'p') return true;
  return relation.kind === 'r' && (target.inh !== true || place.index?.childrenOf(relation.oid).length === 0);
}

/** For each column that is AND-ed as equal to constants or parameters: how many values it may have. */
function equalities(where: unknown, target: SyntaxNode): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const part of conjuncts(where)) {
    const expression = tagged(part);
    if (expression?.tag !== 'A_Expr') continue;
    const { kind, lexpr, rexpr } = expression.node;
    const operator = nameParts(listAt(expression.node, 'name'));
    if (operator.at(-1) !== '=' || (operator.length > 1 && operator.at(-2) !== 'pg_catalog')) continue;
    if (kind === 'AEXPR_OP') {
      for (const [column, value] of [
        [lexpr, rexpr],
        [rexpr, lexpr],
      ]) {
        const name = columnOf(column, target);
        if (name !== null && constantOf(value) !== null) found.set(name, 1);
      }
    } else if (kind === 'AEXPR_IN') {
      const name = columnOf(lexpr, target);
      const list = tagged(rexpr);
      const items = list?.tag === 'List' ? listAt(list.node, 'items') : [];
      if (name !== null && items.length > 0 && items.every((item) => constantOf(item) !== null))
        found.set(name, Math.min(items.length, found.get(name) ?? items.length));
    }
  }
  return found;
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
