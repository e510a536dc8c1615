import {
  columnReference,
  functionName,
  isNode,
  listOf,
  statementOf,
  stringOf,
  type TreeNode,
  tagged,
  textOf,
} from '../tree.ts';

const unnamed = '?column?';

/** Kinds of expression that are named after themselves. */
const fixedNames: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'array',
  CoalesceExpr: 'coalesce',
  GroupingFunc: 'grouping',
  RowExpr: 'row',
  XmlSerialize: 'xmlserialize',
};

/** Kinds of expression that have no name. */
const nameless = new Set(['A_Const', 'ParamRef', 'BoolExpr', 'NullTest', 'BooleanTest']);

/** The name that the server gives a result column without an alias (parse_target.c, FigureColname); null where we cannot tell. */
export function ownName(value: unknown): string | null {
  const found = nameOf(value);
  return found === null ? null : (found.name ?? unnamed);
}

/** `name` is null for an expression without one. `weak`: a name that gives way to that of a type around it. */
interface Figured {
  readonly name: string | null;
  readonly weak?: boolean;
}

function nameOf(value: unknown): Figured | null {
  const expression = statementOf(value);
  if (expression === null) return null;
  const { tag, node } = expression;
  const fixed = fixedNames[tag];
  if (fixed !== undefined) return { name: fixed };
  if (nameless.has(tag)) return { name: null };
  switch (tag) {
    case 'ColumnRef':
      return named(columnReference(node).names.at(-1) ?? null);
    case 'FuncCall':
      return named(functionName(node));
    case 'A_Expr':
      return { name: node.kind === 'AEXPR_NULLIF' ? 'nullif' : null };
    case 'MinMaxExpr':
      return { name: node.op === 'IS_LEAST' ? 'least' : 'greatest' };
    case 'CollateClause':
      return nameOf(node.arg);
    case 'A_Indirection': {
      const field = listOf(node.indirection)
        .map(stringOf)
        .findLast((name) => name !== null);
      return field === undefined ? nameOf(node.arg) : { name: field ?? null };
    }
    case 'TypeCast':
      return instead(nameOf(node.arg), isNode(node.typeName) ? stringOf(listOf(node.typeName.names).at(-1)) : null);
    case 'CaseExpr':
      return node.defresult === undefined ? { name: 'case', weak: true } : instead(nameOf(node.defresult), 'case');
    case 'SubLink':
      return subLinkName(node);
    default:
      return null;
  }
}

const named = (name: string | null): Figured | null => (name === null ? null : { name });

/** The name of what is inside, where it has a good one. */
function instead(inside: Figured | null, name: string | null): Figured | null {
  if (inside === null || name === null) return null;
  return inside.name !== null && inside.weak !== true ? inside : { name, weak: true };
}

function subLinkName(node: TreeNode): Figured | null {
  switch (textOf(node.subLinkType)) {
    case 'EXISTS_SUBLINK':
      return { name: 'exists' };
    case 'ARRAY_SUBLINK':
      return { name: 'array' };
    case 'EXPR_SUBLINK': {
      const target = tagged(listOf(tagged(node.subselect, 'SelectStmt')?.targetList)[0], 'ResTarget');
      return target === null ? null : named(textOf(target.name) ?? ownName(target.val));
    }
    default:
      return { name: null };
  }
}
