import { isCleanExpression } from './clean-expression.ts';
import type { MaskedCatalog } from './masked-catalog.ts';
import type { StatementScope } from './statement-scope.ts';
import {
  columnReference,
  functionName,
  isNode,
  listOf,
  stringOf,
  type TreeNode,
  tagged,
  textOf,
  walk,
} from './tree.ts';

/** Why a statement must not run on a connection with mask rules, in words for the agent. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** One statement as the refusals look at it. */
export interface RefusalInput {
  readonly tag: string;
  readonly node: TreeNode;
  readonly scope: StatementScope;
  readonly catalog: MaskedCatalog;
  /** Masked columns mentioned anywhere in the statement. */
  readonly mentioned: ReadonlySet<string>;
  /** Names of functions that are not on the list of harmless ones. */
  readonly harmful: ReadonlySet<string>;
}

/** Functions that run SQL from a string, read files, pages, logs or large objects: their answer cannot be judged. */
const opaqueFunction =
  /^(?:(?:query|table|schema|database|cursor)_to_xml.*|dblink.*|ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table|pg_read_(?:binary_)?file|pg_ls_.*|pg_file_.*|lo_.*|loread|lowrite|lo(?:creat|open)|pg_logical_slot_(?:get|peek).*|pg_get_wal_.*|get_raw_page|heap_page_item.*|heap_tuple_infomask_flags|bt_page_.*|brin_page_.*|gin_.*page.*|gist_page_.*|hash_page_.*|tuple_data_split|pg_stat_file|pg_walinspect.*|pgstattuple.*)$/;

/** Functions that put a value where it is read later without a rule. */
const carrier = new Set(['set_config', 'pg_notify', 'pg_logical_emit_message', 'setval', 'nextval', 'currval']);
const isCarrier = (name: string): boolean => carrier.has(name) || name.includes('advisory');

/** The reason why no result of this statement can be masked, or null. */
export function refusalOf(input: RefusalInput): Refusal | null {
  return opaque(input) ?? carried(input) ?? copyOut(input) ?? explained(input) ?? copied(input) ?? defined(input);
}

const named = (labels: ReadonlySet<string>): string => {
  const list = [...labels].sort().slice(0, 5).join(', ');
  return list === '' ? 'columns that could not be told' : list;
};

const unclear = ({ scope, mentioned }: RefusalInput): boolean => mentioned.size > 0 || scope.unknownRelation !== null;

function opaque({ node }: RefusalInput): Refusal | null {
  let found: string | null = null;
  walk(node, (item, key) => {
    if (key === 'FuncCall' && opaqueFunction.test(functionName(item))) found ??= functionName(item);
    return undefined;
  });
  if (found === null) return null;
  return {
    code: 'masked_opaque',
    reason: `${found}() returns data that mask rules cannot follow, and this connection has mask rules`,
    hint: 'Select the columns you need from the tables themselves.',
  };
}

function carried(input: RefusalInput): Refusal | null {
  let found: string | null = null;
  const check = (name: string, values: unknown): void => {
    if (isCarrier(name) && input.scope.mentions(values).size > 0) found ??= name;
  };
  walk(input.node, (item, key) => {
    if (key === 'FuncCall') check(functionName(item), item.args);
    return undefined;
  });
  if (found === null) return null;
  return {
    code: 'masked_carried',
    reason: `${found}() would carry a masked value (${named(input.mentioned)}) out of the reach of its rule`,
    hint: 'Use a constant or a parameter, or a column that is not masked.',
  };
}

function copyOut(input: RefusalInput): Refusal | null {
  const { tag, node, catalog } = input;
  if (tag !== 'CopyStmt' || node.is_from === true) return null;
  let labels = input.mentioned;
  const relation = node.relation;
  if (isNode(relation)) {
    const columns = listOf(node.attlist).map(stringOf);
    const entries = catalog.byName.get(textOf(relation.relname) ?? '') ?? [];
    labels = new Set(
      entries.flatMap((entry) =>
        entry.relation.columns
          .filter((column) => entry.masked.has(column.attributeNumber))
          .filter((column) => columns.length === 0 || columns.includes(column.name))
          .map((column) => `${entry.relation.name}.${column.name}`),
      ),
    );
  }
  const harmful = !isNode(relation) && input.harmful.size > 0;
  if (labels.size === 0 && input.scope.unknownRelation === null && !harmful && !input.scope.systemValues) return null;
  return {
    code: 'masked_copy_out',
    reason: `COPY would send ${named(labels)} as a stream that cannot be masked`,
    hint: 'Name only columns that are not masked, as in COPY (SELECT id FROM …) TO STDOUT, or use SELECT: it is masked.',
  };
}

function explained(input: RefusalInput): Refusal | null {
  if (input.tag !== 'ExplainStmt') return null;
  const analyze = listOf(input.node.options).some((option) => {
    const name = textOf(tagged(option, 'DefElem')?.defname);
    return name !== null && name !== 'verbose' && name !== 'costs' && name !== 'format' && name !== 'settings';
  });
  const executes = tagged(input.node.query, 'ExecuteStmt') !== null;
  if (!analyze || !(unclear(input) || executes || input.harmful.size > 0)) return null;
  return {
    code: 'masked_explain',
    reason: `EXPLAIN ANALYZE runs the statement, and its plan would tell of ${named(input.mentioned)}`,
    hint: 'Use plain EXPLAIN.',
  };
}

/** Writes that would put a masked value where no rule covers it. */
function copied(input: RefusalInput): Refusal | null {
  const { node, scope, harmful } = input;
  const asExecute = input.tag === 'CreateTableAsStmt' && tagged(node.query, 'ExecuteStmt') !== null;
  if (!unclear(input) && !asExecute) return null;
  let into: string | null = asExecute ? 'a new table' : null;
  walk(
    node,
    (item, key) => {
      if (key === 'CreateTableAsStmt') into ??= 'a new table';
      if (key === 'intoClause') into ??= 'a new table';
      if (key === 'MergeStmt') into ??= relationName(item);
      if (key === 'InsertStmt' && !literalSource(item.selectStmt, scope, harmful)) into ??= relationName(item);
      if (key === 'UpdateStmt' && copiesInto(item, relationName(item), input)) into ??= relationName(item);
      if (key === 'InsertStmt') {
        const conflict = item.onConflictClause;
        if (isNode(conflict) && copiesInto(conflict, relationName(item), input)) into ??= relationName(item);
      }
      return undefined;
    },
    input.tag,
  );
  if (into === null) return null;
  return {
    code: 'masked_write',
    reason: `the statement would copy ${named(input.mentioned)} into ${into}, where no mask rule covers it`,
    hint: 'Write constants, parameters or columns that are not masked.',
  };
}

const relationName = (item: TreeNode): string => {
  const relation = item.relation;
  return isNode(relation) ? (textOf(relation.relname) ?? 'a table') : 'a table';
};

/** True for VALUES (or DEFAULT VALUES) of clean expressions. */
function literalSource(source: unknown, scope: StatementScope, harmful: ReadonlySet<string>): boolean {
  if (source === undefined) return true;
  const select = tagged(source, 'SelectStmt');
  if (select === null || select.valuesLists === undefined || select.withClause !== undefined) return false;
  return isConstantExpression(select.valuesLists, scope, harmful);
}

/** Constants, parameters, harmless functions: no column, no sub-select. */
function isConstantExpression(value: unknown, scope: StatementScope, harmful: ReadonlySet<string>): boolean {
  let columns = false;
  walk(value, (item, key) => {
    if (key === 'ColumnRef' && columnReference(item).names.length > 0) columns = true;
    return undefined;
  });
  return !columns && isCleanExpression(value, scope, harmful);
}

/** True when a SET list gives a column that is not masked something that may come from one that is. */
function copiesInto(item: TreeNode, table: string, input: RefusalInput): boolean {
  const entries = input.catalog.byName.get(table) ?? [];
  return listOf(item.targetList).some((entry) => {
    const target = tagged(entry, 'ResTarget');
    const name = textOf(target?.name);
    if (target === null || name === null) return true;
    const covered =
      entries.length > 0 &&
      entries.every((known) => {
        const column = known.relation.columns.find((candidate) => candidate.name === name);
        return column !== undefined && known.masked.has(column.attributeNumber);
      });
    return !covered && !isHarmlessAssignment(target.val, input);
  });
}

const isHarmlessAssignment = (value: unknown, { scope, harmful }: RefusalInput): boolean =>
  tagged(value, 'SetToDefault') !== null ||
  isConstantExpression(value, scope, harmful) ||
  isCleanExpression(value, scope, harmful);

/** Definitions that would read masked columns later, or take a masked column out of its rule. */
function defined(input: RefusalInput): Refusal | null {
  const { tag, node, mentioned } = input;
  const refuse = (what: string): Refusal => ({
    code: 'masked_definition',
    reason: `${what} ${named(mentioned)} of a masked table out of the reach of its rule`,
    hint: 'Ask the operator: definitions over masked columns are made outside Postern.',
  });
  if (tag === 'ViewStmt' || tag === 'RuleStmt') return unclear(input) ? refuse('the definition would take') : null;
  if (tag === 'DoStmt') return functionBody(input) ? refuse('the block would take') : null;
  if (tag === 'CreateFunctionStmt') return functionBody(input) ? refuse('the function would read') : null;
  if (tag === 'RenameStmt' || tag === 'AlterObjectSchemaStmt') {
    const renamed = input.scope.maskedRelations.length > 0 || renamesMaskedSchema(input);
    return renamed ? refuse('the new name would take') : null;
  }
  // A trigger's function sees whole rows of the table without ever naming it.
  if (tag === 'CreateTrigStmt') return input.scope.maskedRelations.length > 0 ? refuse('the trigger would take') : null;
  if (tag === 'AlterTableStmt' && input.scope.maskedRelations.length > 0) {
    return mentioned.size > 0 || changesFamily(node) ? refuse('the change would take') : null;
  }
  return null;
}

/** ALTER SCHEMA … RENAME: the rules name the schema. */
function renamesMaskedSchema({ node, catalog }: RefusalInput): boolean {
  const schema = node.renameType === 'OBJECT_SCHEMA' ? textOf(node.subname) : null;
  if (schema === null) return false;
  return [...catalog.byName.values()].flat().some((entry) => entry.relation.schema === schema && entry.masked.size > 0);
}

/**
 * The body of a function or DO block that names a masked relation, or may without showing it: by SQL made from strings
 * (EXECUTE, and functions that run a string), escapes in names, another language, or a function that is not proven clean.
 */
function functionBody({ node, catalog, mentioned }: RefusalInput): boolean {
  if (mentioned.size > 0) return true;
  const words = new Set<string>();
  let hides = false;
  walk([node.options, node.args], (item, key) => {
    if (key === 'DefElem' && item.defname === 'language') {
      if (!['sql', 'plpgsql'].includes(stringOf(item.arg) ?? '')) hides = true;
      return false;
    }
    const text = key === 'String' ? (textOf(item.sval) ?? '').toLowerCase() : '';
    if (text.includes('u&"')) hides = true;
    for (const word of text.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []) words.add(word);
    return undefined;
  });
  const uncertain = (word: string): boolean =>
    word === 'execute' ||
    opaqueFunction.test(word) ||
    (catalog.userFunctions.has(word) && !catalog.cleanFunctions.has(word));
  if (hides || [...words].some(uncertain)) return true;
  return [...catalog.byName].some(
    ([name, entries]) => words.has(name.toLowerCase()) && entries.some((entry) => entry.masked.size > 0),
  );
}

const family = new Set(['AT_AttachPartition', 'AT_DetachPartition', 'AT_AddInherit', 'AT_DropInherit', 'AT_AddOf']);

function changesFamily(node: TreeNode): boolean {
  return listOf(node.cmds).some((command) => family.has(textOf(tagged(command, 'AlterTableCmd')?.subtype) ?? ''));
}
