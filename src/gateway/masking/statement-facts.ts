import type { ParsedStatement } from '../sql/effects.ts';
import { cleanTargets, queryOf } from './clean-expression.ts';
import type { MaskedCatalog } from './masked-catalog.ts';
import { probesOf } from './probes.ts';
import { type Refusal, refusalOf } from './refusals.ts';
import { statementScope } from './statement-scope.ts';
import { functionName, isNode, listOf, statementOf, type TreeNode, tagged, textOf, walk } from './tree.ts';

/** What masking knows of one statement. */
export interface StatementFacts {
  readonly tainted: boolean;
  /** Reads value-bearing columns of the system catalogs: columns with a system table's OID are masked as well. */
  readonly systemValues: boolean;
  /** EXECUTE or FETCH: the rows are those of another statement. */
  readonly delegates: boolean;
  /** True when it answers with rows of its own. */
  readonly sendsRows: boolean;
  /** Which result columns are proven clean, by position; null when positions cannot be told. */
  readonly cleanColumns: readonly boolean[] | null;
  readonly refusal: Refusal | null;
  readonly probes: ReadonlySet<string>;
  /** True when its errors and notices may hold values. */
  readonly scrubs: boolean;
  /** True when code of users may raise errors in it. */
  readonly ranCode: boolean;
}

/** Facts of a statement that nothing is known of. */
export const opaqueFacts: StatementFacts = {
  tainted: true,
  systemValues: true,
  delegates: false,
  sendsRows: true,
  cleanColumns: null,
  refusal: null,
  probes: new Set(),
  scrubs: true,
  ranCode: true,
};

/** Looks at one parsed statement. */
export function statementFacts(statement: ParsedStatement, catalog: MaskedCatalog): StatementFacts {
  const parsed = statementOf(statement.tree);
  if (parsed === null) return opaqueFacts;
  const { tag, node } = parsed;
  const scope = statementScope(statement.tree, catalog);
  const harmful = harmfulFunctions(statement, catalog);
  const calledByName = calledFunctions(statement.tree);
  // Operators, casts and functions inside views are in the effects only: no column can then be told to be clean.
  const hidden = statement.effects.functions.some((fn) => harmful.has(fn.name) && !calledByName.includes(fn.name));
  const called = hidden || calledByName.some((name) => harmful.has(name));
  const mentioned = scope.mentions(statement.tree);
  const probes = new Set([...probesOf(statement.tree, scope), ...conflictProbes(statement.tree, catalog)]);
  const calledHarmful: ReadonlySet<string> = called ? harmful : new Set();
  const refusal = refusalOf({ tag, node: node, scope, catalog, mentioned, harmful: calledHarmful });
  const runsCode =
    called || tag === 'DoStmt' || tag === 'CallStmt' || tag === 'TransactionStmt' || tag === 'ConstraintsSetStmt';
  const writesMasked = scope.maskedRelations.length > 0 && statement.effects.writes.length > 0;
  const triggers = writesWithTriggers(statement, catalog);
  const secret = showsSecret(tag, node, statement.tree);
  const reads = mentioned.size > 0 || scope.unknownRelation !== null || called || secret;
  const harmlessPlan = tag === 'ExplainStmt' && probes.size === 0 && !called && scope.unknownRelation === null;
  const delegates = tag === 'ExecuteStmt' || tag === 'FetchStmt' || explainsExecute(tag, node);
  const tainted = (reads && !harmlessPlan) || !statement.effects.understood || tag === 'CallStmt' || tag === 'DoStmt';
  const query = queryOf(tag, node);
  return {
    tainted,
    systemValues: scope.systemValues && mentioned.size > 0,
    delegates,
    // EXPLAIN EXECUTE sends a plan, not the rows of what it names.
    sendsRows: sendsRows(tag, node) && !explainsExecute(tag, node),
    cleanColumns:
      query === null || secret || hidden || !statement.effects.understood ? null : cleanTargets(query, scope, harmful),
    refusal,
    probes,
    scrubs: tainted || reads || runsCode || writesMasked || triggers || scope.maskedRelations.length > 0,
    ranCode: runsCode || triggers || !statement.effects.understood,
  };
}

/** Functions that may read or tell more than their arguments: not on the list, and not proven to be harmless themselves. */
function harmfulFunctions(statement: ParsedStatement, catalog: MaskedCatalog): ReadonlySet<string> {
  const names = new Set([...catalog.userFunctions].filter((name) => !catalog.cleanFunctions.has(name)));
  for (const fn of statement.effects.functions) {
    const proven =
      (fn.readsOnly === true && catalog.cleanFunctions.has(fn.name)) ||
      (fn.name === 'set_config' && !names.has('set_config') && setsConstants(statement.tree));
    if (!fn.harmless && !proven) names.add(fn.name);
  }
  return names;
}

/** `set_config('TimeZone', $1, false)`, as drivers send it, gives back what the agent sent. */
function setsConstants(tree: unknown): boolean {
  let constant = true;
  walk(tree, (node, key) => {
    if (key !== 'FuncCall' || functionName(node) !== 'set_config') return undefined;
    const plain = listOf(node.args).every(
      (item) => tagged(item, 'A_Const') !== null || tagged(item, 'ParamRef') !== null,
    );
    if (!plain) constant = false;
    return undefined;
  });
  return constant;
}

function calledFunctions(tree: unknown): string[] {
  const names: string[] = [];
  walk(tree, (node, key) => {
    if (key === 'FuncCall' || key === 'funccall') names.push(functionName(node));
    // `u.user_label` is a call as well; the scope sees those of masked tables, this one sees the rest.
    if (key === 'ColumnRef') {
      const fields = listOf(node.fields);
      const last = tagged(fields.at(-1), 'String')?.sval;
      if (fields.length > 1 && typeof last === 'string') names.push(last);
    }
    return undefined;
  });
  return names;
}

/** INSERT … ON CONFLICT on a unique masked column tells whether a value is there. */
function conflictProbes(tree: unknown, catalog: MaskedCatalog): string[] {
  const labels: string[] = [];
  walk(tree, (node, key) => {
    if (key !== 'InsertStmt' || !isNode(node.relation)) return undefined;
    const name = textOf(node.relation.relname) ?? '';
    const listed = listOf(node.cols).map((item) => textOf(tagged(item, 'ResTarget')?.name));
    for (const entry of catalog.byName.get(name) ?? []) {
      for (const column of entry.relation.columns) {
        const unique = entry.relation.uniqueKeys.some((uniqueKey) => uniqueKey.includes(column.name));
        if (!unique || !entry.masked.has(column.attributeNumber)) continue;
        if (listed.length === 0 || listed.includes(column.name)) labels.push(`${name}.${column.name}`);
      }
    }
    return undefined;
  });
  return labels;
}

function writesWithTriggers(statement: ParsedStatement, catalog: MaskedCatalog): boolean {
  return statement.effects.writes.some(
    ({ name }) => catalog.byName.get(name)?.some((entry) => entry.relation.hasTriggers) ?? true,
  );
}

/** Custom settings (`app.api_key`) hold secrets as often as not. */
function showsSecret(tag: string, node: TreeNode, tree: unknown): boolean {
  if (tag === 'VariableShowStmt') return (textOf(node.name) ?? '.').includes('.');
  let found = false;
  walk(tree, (item, key) => {
    if (key !== 'FuncCall' || functionName(item) !== 'current_setting') return undefined;
    const value = tagged(
      tagged(listOf(item.args)[0], 'A_Const') === null ? null : listOf(item.args)[0],
      'A_Const',
    )?.sval;
    const name = isNode(value) ? textOf(value.sval) : null;
    if (name === null ? !readsSettings(tree) : name.includes('.')) found = true;
    return undefined;
  });
  return found;
}

/** `current_setting(s.name)` over pg_settings, as psql sends it; custom settings are not listed there. */
function readsSettings(tree: unknown): boolean {
  const relations = new Set<string | null>();
  walk(tree, (item, key) => {
    if (item.relname !== undefined) relations.add(textOf(item.relname));
    if (key === 'RangeSubselect' || key === 'RangeFunction' || key === 'withClause' || key === 'SubLink')
      relations.add(null);
    return undefined;
  });
  return relations.size === 1 && relations.has('pg_settings');
}

const explainsExecute = (tag: string, node: TreeNode): boolean =>
  tag === 'ExplainStmt' && tagged(node.query, 'ExecuteStmt') !== null;

function sendsRows(tag: string, node: TreeNode): boolean {
  if (['SelectStmt', 'ExplainStmt', 'VariableShowStmt', 'ExecuteStmt', 'FetchStmt', 'CallStmt'].includes(tag))
    return true;
  return node.returningClause !== undefined || node.returningList !== undefined;
}
