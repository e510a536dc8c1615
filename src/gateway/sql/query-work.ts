import { numberOf } from './call-work.ts';
import type { Place } from './draft.ts';
import { columnsIn } from './expressions.ts';
import { isNode, listAt, nameParts, type SyntaxNode, stringAt, tagged, untag } from './tree.ts';

/** Notes recursion that has no end, or one far away: a query that reads only itself and has no condition, or `n < 10000000`. */
export function noteRecursion(expression: SyntaxNode, place: Place): void {
  const name = stringAt(expression, 'ctename');
  const union = untag(expression.ctequery, 'SelectStmt');
  const again = union?.op === 'SETOP_UNION' && isNode(union.rarg) ? union.rarg : null;
  if (union === null || again === null || union.limitCount !== undefined || !readsOnly(name, again)) return;
  if (columnsIn(again.whereClause).length > 0) {
    place.draft.work.rows *= Math.max(1, ...conjuncts(again.whereClause).map(boundOf));
    return;
  }
  // UNION without ALL drops rows that were there before: it ends once nothing new is made.
  const makesNew = listAt(again, 'targetList').some((one) => untag(untag(one, 'ResTarget')?.val, 'A_Expr') !== null);
  if ((union.all === true || makesNew) && !isCutOff(untag(place.root, 'SelectStmt'))) place.draft.work.endless = true;
}

/** True when all that the query reads is the one relation. */
function readsOnly(name: string, query: SyntaxNode): boolean {
  const from = listAt(query, 'fromClause').map((item) => untag(item, 'RangeVar'));
  return from.length > 0 && from.every((one) => one?.relname === name && one.schemaname === undefined);
}

function conjuncts(where: unknown): readonly unknown[] {
  const node = untag(where, 'BoolExpr');
  return node?.boolop === 'AND_EXPR' ? listAt(node, 'args').flatMap(conjuncts) : [where];
}

/** The constant below which a comparison keeps something; 0 where there is none. */
function boundOf(condition: unknown): number {
  const comparison = untag(condition, 'A_Expr');
  if (comparison === null || comparison.kind !== 'AEXPR_OP') return 0;
  const symbol = nameParts(listAt(comparison, 'name')).at(-1) ?? '';
  if (symbol === '<' || symbol === '<=' || symbol === '<>') return numberOf(comparison.rexpr) || 0;
  return symbol === '>' || symbol === '>=' ? numberOf(comparison.lexpr) || 0 : 0;
}

/** True when a LIMIT ends the query after a few rows: nothing in it needs all of them first. */
const isCutOff = (select: SyntaxNode | null): boolean =>
  select !== null &&
  select.limitCount !== undefined &&
  ['sortClause', 'groupClause', 'distinctClause', 'havingClause'].every((clause) => select[clause] === undefined) &&
  !JSON.stringify(listAt(select, 'targetList')).includes('"FuncCall"');

/** Notes how many rows the relations of a SELECT make together when nothing joins them. */
export function noteCombinations(select: SyntaxNode, place: Place): void {
  const from = listAt(select, 'fromClause');
  const joins = from.length > 1 || untag(from[0], 'JoinExpr') !== null;
  if (!joins || place.index === null || columnsIn(select.whereClause).length > 0 || isCutOff(select)) return;
  const rows = from.reduce<number>((product, item) => product * rowsOf(item, place), 1);
  place.draft.work.combinations = Math.max(place.draft.work.combinations, rows);
}

function rowsOf(item: unknown, place: Place): number {
  const node = tagged(item);
  switch (node?.tag) {
    case 'RangeVar': {
      const schema = stringAt(node.node, 'schemaname') || null;
      const name = stringAt(node.node, 'relname');
      const isQuery = schema === null && place.ctes.has(name);
      return Math.max(1, isQuery ? 1 : (place.index?.relation(schema, name)?.estimatedRows ?? 1));
    }
    case 'RangeTableSample':
      return rowsOf(node.node.relation, place);
    case 'JoinExpr': {
      const [left, right] = [rowsOf(node.node.larg, place), rowsOf(node.node.rarg, place)];
      const joined =
        node.node.isNatural === true ||
        listAt(node.node, 'usingClause').length > 0 ||
        columnsIn(node.node.quals).length > 0;
      return joined ? Math.max(left, right) : left * right;
    }
    default:
      return 1;
  }
}
