import type { ParsedStatement, RelationReference } from '../sql/effects.ts';
import { copiesOf } from './copies.ts';
import { isUnmaskable } from './copy-out/copy-format.ts';
import { type CopyOut, copyOutOf } from './copy-out/copy-out.ts';
import { constantsOf } from './echo.ts';
import { withoutDefinitions } from './explain.ts';
import { either, isClean } from './lineage/lineage.ts';
import type { Findings, Probe } from './lineage/place.ts';
import type { Column } from './lineage/range.ts';
import { statementLineage } from './lineage/statement.ts';
import { type MaskedCatalog, type MaskedRelation, rulesBehind } from './masked-catalog.ts';
import type { Refusal } from './refusal.ts';
import { refusalOf } from './refusals.ts';
import { createdRelation, temporaryCreation } from './temporary/creation.ts';
import { opaqueTemporaryFacts, type TemporaryFacts } from './temporary/effects.ts';
import { makesUnnamed, redefinedNames } from './temporary/redefinitions.ts';
import { functionName, isNode, listOf, statementOf, type TreeNode, tagged, textOf, walk } from './tree.ts';
import type { CopiedColumn } from './types.ts';

/** What masking knows of one statement. */
export interface StatementFacts {
  readonly tainted: boolean;
  /** EXECUTE or FETCH: the rows are those of another statement. */
  readonly delegates: boolean;
  /** True when it answers with rows of its own. */
  readonly sendsRows: boolean;
  /** The columns of its rows and what they are made from; null when that is not known. */
  readonly columns: readonly Column[] | null;
  readonly refusal: Refusal | null;
  /** Ids of the rules whose columns it uses in any way. */
  readonly rules: readonly string[];
  /** Its text constants, where it names masked relations; null where it names none. */
  readonly constants: readonly string[] | null;
  readonly probes: readonly Probe[];
  /** Columns without a mask that it would give values of masked ones. */
  readonly copies: readonly CopiedColumn[];
  readonly temporary: TemporaryFacts;
  /** A COPY TO STDOUT whose rows have to be masked, and how; null for any other statement. */
  readonly copyOut: CopyOut | null;
  /** It is a cursor WITH HOLD whose rows are not all proven clean. */
  readonly holdsResult: boolean;
  /** True when its errors and notices may hold values. */
  readonly scrubs: boolean;
  /** True when code of users may raise errors in it. */
  readonly ranCode: boolean;
}

/** Facts of a statement that nothing is known of. */
export const opaqueFacts: StatementFacts = {
  tainted: true,
  delegates: false,
  sendsRows: true,
  columns: null,
  refusal: null,
  rules: [],
  constants: null,
  probes: [],
  copies: [],
  temporary: opaqueTemporaryFacts,
  copyOut: null,
  holdsResult: false,
  scrubs: true,
  ranCode: true,
};

/** Looks at one parsed statement. */
export function statementFacts(statement: ParsedStatement, catalog: MaskedCatalog): StatementFacts {
  const parsed = statementOf(statement.tree);
  if (parsed === null) return opaqueFacts;
  const { tag, node } = parsed;
  const harmful = harmfulFunctions(statement, catalog);
  const { columns: followed, findings } = statementLineage(statement.tree, catalog, harmful);
  const columns = tag === 'ExplainStmt' ? withoutDefinitions(followed, statement, catalog) : followed;
  const calledByName = calledFunctions(statement.tree);
  // Operators, casts and functions inside views are in the effects only: no column can then be told to be clean.
  const hidden = statement.effects.functions.some((fn) => harmful.has(fn.name) && !calledByName.includes(fn.name));
  const called = hidden || calledByName.some((name) => harmful.has(name));
  const { probes } = findings;
  const relations = maskedRelationsIn(statement.tree, catalog);
  const told = hidden ? null : columns;
  const copyOut = sendsMasked(statement, told, called) ? copyOutOf(statement) : null;
  const refusal = refusalOf({ tag, node, catalog, columns: told, findings, relations, called, copyOut });
  const runsCode =
    called || tag === 'DoStmt' || tag === 'CallStmt' || tag === 'TransactionStmt' || tag === 'ConstraintsSetStmt';
  const triggers = writesWithTriggers(statement, catalog);
  const secret = showsSecret(tag, node, statement.tree);
  const reads = findings.touched.size > 0 || findings.unknown || called || secret;
  const { understood } = statement.effects;
  // A plan says what the statement says, and how many rows there are or may be.
  const knownPlan = tag === 'ExplainStmt' && !called && !secret && findings.unknownRelation === null;
  const harmlessPlan = knownPlan && probes.length === 0 && columns?.every(({ lineage }) => isClean(lineage)) === true;
  const tainted = (reads && !harmlessPlan) || !understood || tag === 'CallStmt' || tag === 'DoStmt';
  // The row that RETURNING shows may have been changed by a trigger, with anything.
  const known =
    !secret && !hidden && understood && !(triggers && returns(node)) && (knownPlan || tag !== 'ExplainStmt');
  return {
    tainted,
    delegates: tag === 'ExecuteStmt' || tag === 'FetchStmt' || explainsExecute(tag, node),
    // EXPLAIN EXECUTE sends a plan, not the rows of what it names.
    sendsRows: (sendsRows(tag, node) && !explainsExecute(tag, node)) || copyOut !== null,
    columns: known && !explainsExecute(tag, node) ? columns : null,
    refusal,
    rules: [...new Set([...findings.touched.values()].flatMap(rulesBehind))],
    constants: relations.some(isRuled) ? constantsOf(statement.tree) : null,
    probes,
    copies: copiesOf({ tag, node, catalog, findings }),
    temporary: temporaryFacts(tag, node, statement, {
      catalog,
      findings,
      certain: !secret && !called && understood,
      called,
    }),
    copyOut: copyOut === null || isUnmaskable(copyOut) ? null : copyOut,
    holdsResult: isHeldCursor(tag, node) && !areClean(told),
    scrubs: tainted || reads || runsCode || triggers || relations.length > 0,
    ranCode: runsCode || triggers || !understood,
  };
}

interface TemporaryContext {
  readonly catalog: MaskedCatalog;
  readonly findings: Findings;
  readonly called: boolean;
  /** Its lineage is all that there is to it. */
  readonly certain: boolean;
}

/** What it means for the temporary tables of the session. */
function temporaryFacts(
  tag: string,
  node: TreeNode,
  { effects, tree }: ParsedStatement,
  { catalog, findings, called, certain }: TemporaryContext,
): TemporaryFacts {
  const creation = certain ? temporaryCreation(tag, node, findings.created) : null;
  const written = effects.writes.filter(({ name }) => name !== creation?.name);
  return {
    creation,
    assignments: createdRelation(tag, node) === null ? findings.assignments : [],
    redefines: redefinedNames(tag, node),
    writes: written.map(({ name }) => name),
    runsCode:
      called ||
      !effects.understood ||
      ['DoStmt', 'CallStmt'].includes(tag) ||
      makesUnnamed(tag) ||
      (changesRows(tree) && haveTriggers(written, catalog)),
  };
}

/** Whether rows are written, so that triggers may fire. */
function changesRows(tree: unknown): boolean {
  let found = false;
  walk(tree, (_, key) => {
    if (/^(?:Insert|Update|Delete|Merge|Truncate|Copy|Execute)Stmt$/.test(key)) found = true;
    return undefined;
  });
  return found;
}

/** Whether it is a COPY TO of something that is masked, or may be. */
function sendsMasked({ tree }: ParsedStatement, columns: readonly Column[] | null, called: boolean): boolean {
  const copy = tagged(tree, 'CopyStmt');
  if (copy === null || copy.is_from === true) return false;
  return !areClean(columns) || (called && copy.query !== undefined);
}

const areClean = (columns: readonly Column[] | null): boolean =>
  columns !== null && isClean(either(columns.map(({ lineage }) => lineage)));

/** CURSOR_OPT_HOLD (parsenodes.h). */
const withHold = 0x20;
const isHeldCursor = (tag: string, { options }: TreeNode): boolean =>
  tag === 'DeclareCursorStmt' && typeof options === 'number' && (options & withHold) !== 0;

/** Whether rules mask anything of it; the catalogs' own masks concern nobody's rows. */
const isRuled = ({ masked }: MaskedRelation): boolean => [...masked.values()].some(({ rule }) => rule !== 'system');

/** The masked relations that a statement names anywhere. */
function maskedRelationsIn(tree: unknown, catalog: MaskedCatalog): readonly MaskedRelation[] {
  const found = new Set<MaskedRelation>();
  walk(tree, (item) => {
    const name = textOf(item.relname);
    for (const relation of name === null ? [] : catalog.relationsNamed(textOf(item.schemaname), name))
      if (relation.masked.size > 0) found.add(relation);
    return undefined;
  });
  return [...found];
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

const writesWithTriggers = ({ effects }: ParsedStatement, catalog: MaskedCatalog): boolean =>
  haveTriggers(effects.writes, catalog);

const haveTriggers = (written: readonly RelationReference[], catalog: MaskedCatalog): boolean =>
  written.some(({ name }) => catalog.byName.get(name)?.some((entry) => entry.relation.hasTriggers) ?? true);

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
  return returns(node);
}

const returns = (node: TreeNode): boolean => node.returningClause !== undefined;
