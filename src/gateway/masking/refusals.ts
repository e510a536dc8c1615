import { untraceableCopy } from './copies.ts';
import { isUnmaskable, type UnmaskableCopy } from './copy-out/copy-format.ts';
import { explainOutput } from './explain.ts';
import type { Refusal, RefusalInput } from './refusal.ts';
import { isTemporaryTable } from './temporary/overlay.ts';
import { functionName, isNode, listOf, stringOf, type TreeNode, tagged, textOf, walk } from './tree.ts';
import { withheldRefusal } from './withheld.ts';

/** Functions that run SQL from a string, read files, pages, logs or large objects: their answer cannot be judged. */
const opaqueFunction =
  /^(?:(?:query|table|schema|database|cursor)_to_xml.*|dblink.*|ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table|pg_read_(?:binary_)?file|pg_ls_.*|pg_file_.*|lo_.*|loread|lowrite|lo(?:creat|open)|pg_logical_slot_(?:get|peek).*|pg_get_wal_.*|get_raw_page|heap_page_item.*|heap_tuple_infomask_flags|bt_page_.*|brin_page_.*|gin_.*page.*|gist_page_.*|hash_page_.*|tuple_data_split|pg_stat_file|pg_walinspect.*|pgstattuple.*)$/;

/** The reason why no result of this statement can be masked, or null. */
export function refusalOf(input: RefusalInput): Refusal | null {
  return (
    withheldRefusal(input.tag, input.node, input.relations, input.catalog) ??
    opaque(input) ??
    carried(input) ??
    unmaskableCopy(input) ??
    explained(input) ??
    temporaryChild(input) ??
    untraceableCopy(input) ??
    defined(input)
  );
}

const named = (labels: Iterable<string>): string => {
  const list = [...labels].sort().slice(0, 5).join(', ');
  return list === '' ? 'columns that could not be told' : list;
};

const mentioned = ({ findings }: RefusalInput): Iterable<string> => findings.touched.keys();
const unclear = ({ findings }: RefusalInput): boolean => findings.touched.size > 0 || findings.unknownRelation !== null;

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
  const { carriedBy } = input.findings;
  if (carriedBy === null) return null;
  return {
    code: 'masked_carried',
    reason: `${carriedBy}() would carry a masked value (${named(mentioned(input))}) out of the reach of its rule`,
    hint: 'Use a constant or a parameter, or a column that is not masked.',
  };
}

/** A COPY TO whose rows cannot be masked on their way. The others are (copy-out/). */
function unmaskableCopy(input: RefusalInput): Refusal | null {
  const { node, columns, called, copyOut } = input;
  if (copyOut === null) return null;
  const sources = new Set(columns?.flatMap(({ lineage }) => [...lineage.sources.keys()]) ?? []);
  const refuse = ({ reason, hint }: UnmaskableCopy): Refusal => ({
    code: 'masked_copy_out',
    reason: `COPY would send ${named(sources)}, which cannot be masked in it: ${reason}`,
    hint: `${hint} Or use SELECT: it is masked.`,
  });
  const byName = 'Name only columns that are not masked, as in COPY (SELECT id FROM …) TO STDOUT.';
  if (columns === null || (called && node.query !== undefined))
    return refuse({ reason: 'it calls what may read anything', hint: byName });
  if (isUnmaskable(copyOut)) return refuse(copyOut);
  // What the server told of the one must not be taken for the other, should a schema get another name meanwhile.
  const several = severalOfOneName(input);
  if (several === null) return null;
  return refuse({ reason: `there are several relations named ${several}`, hint: 'Name their schema.' });
}

/** The name of a masked relation that the statement uses without a schema, where others have it as well. */
function severalOfOneName({ node, relations, catalog }: RefusalInput): string | null {
  let found: string | null = null;
  walk(node, (item) => {
    const name = item.schemaname === undefined ? textOf(item.relname) : null;
    const masked = relations.some(({ relation }) => relation.name === name);
    if (name !== null && masked && catalog.relationsNamed(null, name).length > 1) found ??= name;
    return undefined;
  });
  return found;
}

/**
 * EXPLAIN ANALYZE runs what it explains. It may where masked values only come out of that: what steers it is judged as without
 * EXPLAIN, and what is computed from them steers (lineage/place.ts). How large they are must not be printed.
 */
function explained(input: RefusalInput): Refusal | null {
  const { tag, node, catalog, findings } = input;
  if (tag !== 'ExplainStmt') return null;
  const executes = tagged(node.query, 'ExecuteStmt') !== null;
  const { analyzes, tellsBy } = explainOutput(node, catalog.serverVersion);
  if (tellsBy === null && !analyzes) return null;
  const unknown = executes || input.called || findings.unknown || findings.unknownRelation !== null;
  if (unknown || findings.assignments.length > 0)
    return {
      code: 'masked_explain',
      reason: `EXPLAIN ANALYZE runs the statement, and its plan could tell of ${named(mentioned(input))}`,
      hint: executes ? 'Explain the statement itself instead of its name, or use plain EXPLAIN.' : 'Use plain EXPLAIN.',
    };
  if (tellsBy === null || findings.touched.size === 0) return null;
  return {
    code: 'masked_explain',
    reason: `${tellsBy.toUpperCase()} would tell how large values of ${named(mentioned(input))} are`,
    hint: 'Use EXPLAIN (ANALYZE, BUFFERS off, FORMAT text), beside VERBOSE, COSTS, SETTINGS, TIMING and SUMMARY as you like. Where no masked column is selected, every option may be used.',
  };
}

/** A temporary child shares its rows with a parent for which rules and copies are looked up: nobody else sees that they are related. */
function temporaryChild({ tag, node, catalog }: RefusalInput): Refusal | null {
  const relation = isNode(node.relation) ? node.relation : {};
  const name = textOf(relation.relname) ?? '';
  const isTemporary =
    relation.relpersistence === 't' ||
    textOf(relation.schemaname)?.startsWith('pg_temp') === true ||
    catalog.temporary.has(name) ||
    catalog.relationsNamed(null, name).some(isTemporaryTable);
  const inherits =
    tag === 'CreateStmt' ? listOf(node.inhRelations).length > 0 : tag === 'AlterTableStmt' && changesFamily(node);
  if (!isTemporary || !inherits) return null;
  return {
    code: 'masked_definition',
    reason: `the temporary table ${name} would share its rows with another, where mask rules would not find them`,
    hint: 'Make it without INHERITS, as in CREATE TEMP TABLE t AS TABLE parent.',
  };
}

/** Definitions that would read masked columns later, or take a masked column out of its rule. */
function defined(input: RefusalInput): Refusal | null {
  const { tag, node, relations } = input;
  const refuse = (what: string): Refusal => ({
    code: 'masked_definition',
    reason: `${what} ${named(mentioned(input))} of a masked table out of the reach of its rule`,
    hint: 'Ask the operator: definitions over masked columns are made outside Postern.',
  });
  const touched = input.findings.touched.size > 0;
  // A new view is followed to what it reads; one that takes the place of another would be taken for that until COMMIT.
  const followed = tag === 'ViewStmt' && node.replace !== true && isPermanent(node.view);
  if (tag === 'ViewStmt' && !followed) return unclear(input) ? refuse('the definition would take') : null;
  if (tag === 'RuleStmt') return unclear(input) ? refuse('the definition would take') : null;
  if (tag === 'DoStmt') return functionBody(input) ? refuse('the block would take') : null;
  if (tag === 'CreateFunctionStmt') return functionBody(input) ? refuse('the function would read') : null;
  if (tag === 'RenameStmt' || tag === 'AlterObjectSchemaStmt') {
    return relations.length > 0 || renamesMaskedSchema(input) ? refuse('the new name would take') : null;
  }
  // A trigger's function sees whole rows of the table without ever naming it.
  if (tag === 'CreateTrigStmt') return relations.length > 0 ? refuse('the trigger would take') : null;
  if (tag === 'AlterTableStmt' && relations.length > 0) {
    return touched || changesFamily(node) ? refuse('the change would take') : null;
  }
  return null;
}

const isPermanent = (relation: unknown): boolean => isNode(relation) && relation.relpersistence === 'p';

/** ALTER SCHEMA … RENAME: the rules name the schema. */
function renamesMaskedSchema({ node, catalog }: RefusalInput): boolean {
  const schema = node.renameType === 'OBJECT_SCHEMA' ? textOf(node.subname) : null;
  if (schema === null) return false;
  return [...catalog.byOid.values()].some((entry) => entry.relation.schema === schema && entry.masked.size > 0);
}

/**
 * The body of a function or DO block that names a masked relation, or may without showing it: by SQL made from strings
 * (EXECUTE, and functions that run a string), escapes in names, another language, or a function that is not proven clean.
 */
function functionBody({ node, catalog, findings }: RefusalInput): boolean {
  if (findings.touched.size > 0) return true;
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
    ([name, entries]) =>
      words.has(name.toLowerCase()) &&
      entries.some(({ masked }) => [...masked.values()].some(({ rule }) => rule !== 'system')),
  );
}

const family = new Set(['AT_AttachPartition', 'AT_DetachPartition', 'AT_AddInherit', 'AT_DropInherit', 'AT_AddOf']);

function changesFamily(node: TreeNode): boolean {
  return listOf(node.cmds).some((command) => family.has(textOf(tagged(command, 'AlterTableCmd')?.subtype) ?? ''));
}
