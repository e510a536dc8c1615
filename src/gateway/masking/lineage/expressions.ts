import { visitChildren } from '../../sql/walk.ts';
import { systemFunction } from '../system-relations.ts';
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
import { besideOthers, deciding, failing, fallible, within1GB } from './failing.ts';
import { gathers, lengthOf, lengthOfConstant, lengthOfParameter } from './lengths.ts';
import {
  clean,
  columnLineage,
  computed,
  counted,
  either,
  elements,
  isClean,
  joined,
  type Lineage,
  partOf,
  plain,
  scalar,
  sized,
  told,
  totalSize,
  unknown,
} from './lineage.ts';
import { decide, type Place, steer, touch } from './place.ts';
import { isGenerated, namesRow, type Reference, resolve, starOf } from './range.ts';
import {
  isEmptyText,
  isLike,
  isPlainPattern,
  isPlainText,
  isSequence,
  isTellingRight,
  tellingArguments,
} from './telling.ts';
import {
  carriesValues,
  handsOnArrays,
  isComparison,
  isTotalFunction,
  isTotalOperator,
  isTotalType,
  joinsTexts,
} from './total.ts';

/** What a tagged expression is made from; an absent one is clean. */
export function lineageOf(value: unknown, place: Place): Lineage {
  if (value === undefined || value === null) return plain;
  if (Array.isArray(value)) return computed(value.map((member) => lineageOf(member, place)));
  const node = statementOf(value);
  if (node !== null) return expression(node.tag, node.node, place);
  // libpg-query writes a list's empty member as an empty object.
  return isNode(value) && Object.keys(value).length === 0 ? clean : touch(unknown, place);
}

/** What an expression is made from. */
export function expression(type: string, node: TreeNode, place: Place): Lineage {
  const lineage = expressionOf(type, node, place);
  if (place.findings.timed && !isClean(lineage) && !lineage.verbatim) steer(lineage, place);
  return lineage;
}

/** A kind of node that is not known here is made from all that is below it. */
function expressionOf(type: string, node: TreeNode, place: Place): Lineage {
  switch (type) {
    case 'ColumnRef':
      return columnRef(node, place);
    case 'FuncCall':
      return funcCall(node, place);
    case 'A_Expr':
      return operator(node, place);
    case 'TypeCast':
      return cast(node, place);
    case 'SubLink':
      return subLink(node, place);
    case 'CaseExpr':
      return caseOf(node, place);
    case 'CoalesceExpr':
      return coalesce(node, place);
    case 'NullTest':
      return nullTest(node, place);
    case 'A_Indirection':
      return indirection(node, place);
    case 'A_ArrayExpr':
      return besideOthers(elements(listOf(node.elements).map((element) => lineageOf(element, place))), place);
    case 'BoolExpr':
      return deciding(below(type, node, place), place);
    case 'RowExpr':
    case 'BooleanTest':
    case 'MinMaxExpr':
    case 'NamedArgExpr':
    case 'List':
      return below(type, node, place);
    case 'MultiAssignRef':
      return computed([lineageOf(node.source, place)]);
    case 'A_Const':
      return sized(isPlainText({ A_Const: node }) ? plain : clean, lengthOfConstant(node));
    case 'ParamRef':
      return sized(clean, lengthOfParameter);
    case 'SQLValueFunction':
    case 'GroupingFunc':
    case 'SetToDefault':
    case 'CurrentOfExpr':
    case 'TypeName':
      return clean;
    case 'SelectStmt':
      return computed(place.query(type, node, place).map(({ lineage }) => lineage));
    default:
      return failing(below(type, node, place), type, place);
  }
}

/** The first that is not missing; those behind it are not computed. */
function coalesce(node: TreeNode, place: Place): Lineage {
  const given = either(listOf(node.args).map((argument) => lineageOf(argument, place)));
  return given.part === true ? deciding(given, place) : given;
}

function below(type: string, node: TreeNode, place: Place): Lineage {
  const parts: Lineage[] = [];
  visitChildren(
    type,
    node,
    (child, childNode) => {
      parts.push(expression(child, childNode, place));
    },
    () => parts.push(touch(unknown, place)),
  );
  return computed(parts);
}

function columnRef(node: TreeNode, place: Place): Lineage {
  const { names, star } = columnReference(node);
  if (star) return touch(computed(starOf(names, place.levels).map(({ lineage }) => lineage)), place);
  const reference = resolve(names, place.levels);
  if (reference.kind === 'unresolved' && place.findings.unresolved !== 'qualified name')
    place.findings.unresolved = names.length === 1 ? 'name' : 'qualified name';
  return touch(referenced(reference, place), place);
}

function referenced(reference: Reference, place: Place): Lineage {
  if (reference.kind === 'value') return reference.lineage;
  if (reference.kind === 'unresolved') return unknown;
  return called(reference.function, [reference.row], place);
}

/** What a function makes of its arguments; `call` is how it is written, where it is no `u.label`. */
function called(name: string, parts: readonly Lineage[], place: Place, call: TreeNode = {}): Lineage {
  const count = listOf(call.args).length;
  const steering = parts.slice(count).filter((part) => !isClean(part));
  const made = joinsTexts(name) && steering.length === 0 ? joined(parts.slice(0, count)) : computed(parts);
  const endless = gathers(name) && isGenerated(place.levels[0]?.star ?? []);
  const given = sized(
    handsOnArrays(name) ? made : scalar(made),
    endless ? Number.POSITIVE_INFINITY : lengthOf(name, call, parts),
  );
  if (carriesValues(name) && !isClean(given)) place.findings.carriedBy ??= name;
  if (place.harmful.has(name)) {
    place.findings.mayFail = true;
    return touch(unknown, place);
  }
  const system = systemFunction(name);
  // It shows what an object is, and takes what the catalogs say of it.
  if (system !== null) return touch(columnLineage(`${name}()`, system), place);
  if (!isTotalFunction(name) || place.catalog.userFunctions.has(name)) fallible(given, place);
  // Some of its arguments decide whether it fails, or whether there is a value.
  for (const at of tellingArguments(name, call)) steer(parts[at] ?? clean, place);
  if (name === 'array_agg') besideOthers(given, place);
  return within1GB(given, place);
}

function funcCall(node: TreeNode, place: Place): Lineage {
  const name = functionName(node);
  const given = listOf(node.args).map((argument) => lineageOf(argument, place));
  const steering = [node.agg_filter, node.agg_order].map((part) => lineageOf(part, place));
  if (isNode(node.over)) steering.push(window(node.over, place));
  for (const part of steering) steer(part, place);
  if (node.agg_distinct === true) steer(computed(given), place);
  // How many rows there are is not masked, nor whether a value is missing.
  if (isCount(name, node) && !place.harmful.has(name)) {
    const telling = given.filter(({ verbatim }, at) => !verbatim && !isRow(listOf(node.args)[at], place));
    return either([counted, computed([...telling, ...steering])]);
  }
  return called(name, [...given, ...steering], place, node);
}

/** `count` of pg_catalog, over anything. */
function isCount(name: string, node: TreeNode): boolean {
  const parts = listOf(node.funcname);
  return name === 'count' && (parts.length === 1 || stringOf(parts[0]) === 'pg_catalog');
}

/** `u`, `u.*`: there is a row or there is none. */
function isRow(value: unknown, place: Place): boolean {
  const reference = tagged(value, 'ColumnRef');
  if (reference === null) return false;
  const { names, star } = columnReference(reference);
  return star || (names.length === 1 && namesRow(names[0] ?? '', place.levels));
}

/** What a window is ordered and divided by: its functions tell of that. */
export function window(node: TreeNode, place: Place, depth = 0): Lineage {
  const base = textOf(node.name) ?? textOf(node.refname);
  const named = base === null || depth > place.windows.size ? undefined : place.windows.get(base);
  const own = [node.partitionClause, node.orderClause, node.startOffset, node.endOffset];
  return computed([
    ...own.map((part) => lineageOf(part, place)),
    ...(named === undefined || named === node ? [] : [window(named, place, depth + 1)]),
  ]);
}

function operator(node: TreeNode, place: Place): Lineage {
  const parts = [lineageOf(node.lexpr, place), lineageOf(node.rexpr, place)];
  const name = stringOf(listOf(node.name).at(-1)) ?? '';
  if (place.catalog.userOperators.has(name)) return touch(unknown, place);
  if (!isTotalOperator(name)) fallible(computed(parts), place);
  if (isSequence(node)) decide(computed(parts), place);
  // The value is missing where it equals the other: that is told of a mask, too.
  if (node.kind === 'AEXPR_NULLIF' && !isEmptyText(node.rexpr)) steer(computed(parts), place);
  if (isTellingRight(name)) steer(parts[1] ?? clean, place);
  if (isLike(name) && !isPlainPattern(node.rexpr)) steer(computed(parts), place);
  if (name === '||') return within1GB(besideOthers(sized(joined(parts), totalSize(parts)), place), place);
  if (isComparison(name)) return told(parts);
  return isTellingRight(name) ? partOf(computed(parts)) : computed(parts);
}

function cast(node: TreeNode, place: Place): Lineage {
  const given = lineageOf(node.arg, place);
  const total = isNode(node.typeName) && isTotalCast(node.typeName, place);
  if (tagged(node.arg, 'A_Const') === null && !total) fallible(given, place);
  if (!total) return computed([given]);
  return within1GB(scalar(joined([given])), place);
}

/** A type of pg_catalog that takes any text; one of users may go by the same name, and a domain of theirs refuses values. */
function isTotalCast(type: TreeNode, { catalog }: Place): boolean {
  const names = listOf(type.names).map(stringOf);
  const name = names.at(-1) ?? '';
  const ours = names.length === 1 || names[0] === 'pg_catalog';
  return ours && isTotalType(name) && listOf(type.arrayBounds).length === 0 && !catalog.userTypes.has(name);
}

function subLink(node: TreeNode, place: Place): Lineage {
  const tested = lineageOf(node.testexpr, place);
  const statement = statementOf(node.subselect);
  const columns = statement === null ? null : place.query(statement.tag, statement.node, place);
  if (columns === null) return touch(unknown, place);
  const rows = columns.map(({ lineage }) => lineage);
  switch (textOf(node.subLinkType)) {
    case 'EXISTS_SUBLINK':
      return clean; // what decides it stands in the sub-query's own clauses, which steer
    case 'EXPR_SUBLINK':
      place.findings.mayFail = true; // over a second row
      return rows.length === 1 ? either(rows) : computed(rows);
    case 'ARRAY_SUBLINK':
      return besideOthers(
        isGenerated(columns) ? sized(elements(rows), Number.POSITIVE_INFINITY) : elements(rows),
        place,
      );
    default:
      return deciding(computed([tested, ...rows]), place);
  }
}

function caseOf(node: TreeNode, place: Place): Lineage {
  const conditions = [lineageOf(node.arg, place)];
  const results = [lineageOf(node.defresult, place)];
  for (const item of listOf(node.args)) {
    const when = tagged(item, 'CaseWhen');
    conditions.push(when === null ? touch(unknown, place) : lineageOf(when.expr, place));
    if (when !== null) results.push(lineageOf(when.result, place));
  }
  for (const condition of conditions) steer(condition, place);
  const decided = told(conditions);
  return isClean(decided) ? either(results) : computed([decided, ...results]);
}

/** That a value is missing is not masked. */
function nullTest(node: TreeNode, place: Place): Lineage {
  const tested = lineageOf(node.arg, place);
  const known = tested.verbatim || isRow(node.arg, place);
  return tagged(node.arg, 'ColumnRef') === null || !known ? told([tested]) : clean;
}

function indirection(node: TreeNode, place: Place): Lineage {
  let whole = lineageOf(node.arg, place);
  const parts: Lineage[] = [];
  for (const item of listOf(node.indirection)) {
    const name = stringOf(item);
    // `(row).name` calls name(row) where the row has no such field.
    if (name !== null && place.harmful.has(name)) parts.push(touch(unknown, place));
    const indices = tagged(item, 'A_Indices');
    if (indices === null) continue;
    const positions = [lineageOf(indices.lidx, place), lineageOf(indices.uidx, place)];
    for (const position of positions) steer(position, place);
    parts.push(...positions);
    whole = partOf(indices.is_slice === true ? whole : scalar(whole));
  }
  return computed([whole, ...parts]);
}
