import { visitChildren } from '../../sql/walk.ts';
import { explainOutput } from '../explain.ts';
import { type MaskedCatalog, planMask } from '../masked-catalog.ts';
import { isNode, statementOf, stringsOf, type TreeNode, textOf, walk } from '../tree.ts';
import { condition } from './conditions.ts';
import {
  copiedColumns,
  deleteColumns,
  insertColumns,
  mergeColumns,
  noteCreated,
  updateColumns,
} from './data-changes.ts';
import { expression, lineageOf } from './expressions.ts';
import { beside } from './from-items.ts';
import { planLineage, unknown } from './lineage.ts';
import { emptyFindings, type Findings, type Place, settle, touch, within } from './place.ts';
import { selectColumns } from './queries.ts';
import { type Column, emptyLevel, type Level } from './range.ts';
import { relationLevel } from './relations.ts';

/** What one statement makes of masked columns. */
export interface StatementLineage {
  /** The columns of the rows that it sends, or would send for whoever executes what it names; null where that is not known. */
  readonly columns: readonly Column[] | null;
  readonly findings: Findings;
}

/** Follows the columns of a statement to the columns they are made from. `harmful` are functions that may read what they like. */
export function statementLineage(
  tree: unknown,
  catalog: MaskedCatalog,
  harmful: ReadonlySet<string>,
): StatementLineage {
  const findings = emptyFindings();
  const place: Place = {
    catalog,
    harmful,
    findings,
    levels: [],
    tables: new Map(),
    windows: new Map(),
    query: queryColumns,
  };
  const columns = follow(tree, place);
  settle(findings);
  return { columns, findings };
}

function queryColumns(type: string, node: TreeNode, place: Place): readonly Column[] {
  switch (type) {
    case 'SelectStmt':
      return selectColumns(node, place);
    case 'InsertStmt':
      return insertColumns(node, place);
    case 'UpdateStmt':
      return updateColumns(node, place);
    case 'DeleteStmt':
      return deleteColumns(node, place);
    case 'MergeStmt':
      return mergeColumns(node, place);
    default:
      return [{ name: null, lineage: touch(unknown, place), many: true }];
  }
}

function follow(tree: unknown, place: Place): readonly Column[] | null {
  const statement = statementOf(tree);
  if (statement === null) {
    touch(unknown, place);
    return null;
  }
  const { tag, node } = statement;
  switch (tag) {
    case 'SelectStmt': {
      const columns = selectColumns(node, place);
      const into = intoClauseOf(node);
      if (into === null) return columns;
      noteCreated(into.rel, columns, stringsOf(into.colNames), place);
      return [];
    }
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return queryColumns(tag, node, place);
    case 'PrepareStmt':
    case 'DeclareCursorStmt':
      return follow(node.query, place);
    case 'ExplainStmt':
      return explained(node, place);
    case 'CreateTableAsStmt':
      created(
        node.query,
        isNode(node.into) ? node.into.rel : undefined,
        isNode(node.into) ? node.into.colNames : undefined,
        place,
      );
      return [];
    case 'ViewStmt':
      created(node.query, node.view, node.aliases, place);
      return [];
    case 'CopyStmt':
      return copied(node, place);
    case 'ExecuteStmt':
      lineageOf(node.params, place);
      return null;
    default:
      definition(tag, node, place);
      return null;
  }
}

/** The plan is one column. Of a statement that runs it tells how large the values are that pass through it. */
function explained(node: TreeNode, place: Place): readonly Column[] {
  const { analyzes } = explainOutput(node, place.catalog.serverVersion);
  place.findings.timed = analyzes;
  follow(node.query, place);
  const sizes = analyzes && place.findings.touched.size > 0;
  return [{ name: 'QUERY PLAN', lineage: planLineage(sizes ? planMask({ sizes, constants: null }) : null) }];
}

function created(query: unknown, relation: unknown, names: unknown, place: Place): void {
  const columns = follow(query, place) ?? [{ name: null, lineage: touch(unknown, place), many: true }];
  noteCreated(relation, columns, stringsOf(names), place);
}

/** `SELECT … INTO` stands in the first arm of a set operation. */
function intoClauseOf(node: TreeNode): TreeNode | null {
  if (isNode(node.intoClause)) return node.intoClause;
  return isNode(node.larg) ? intoClauseOf(node.larg) : null;
}

function copied(node: TreeNode, place: Place): readonly Column[] | null {
  if (node.is_from === true) {
    condition(node.whereClause, within(place, relationsIn(node, place)));
    return null;
  }
  if (node.query !== undefined) return follow(node.query, place);
  return copiedColumns(node, stringsOf(node.attlist), place);
}

/** Any other statement: what it says stands where all the relations that it names are in sight. */
function definition(tag: string, node: TreeNode, outer: Place): void {
  const place = within(outer, relationsIn(node, outer));
  visitChildren(
    tag,
    node,
    (type, child) => {
      expression(type, child, place);
    },
    () => {
      touch(unknown, place);
    },
  );
}

/** The relations that a statement names, outside of the queries in it. */
function relationsIn(node: TreeNode, place: Place): Level {
  let level = emptyLevel;
  walk(node, (item, key) => {
    if (key === 'SelectStmt') return false;
    // What is being made is not there yet, and what is not there holds nothing.
    const known =
      textOf(item.relname) !== null &&
      place.catalog.relationsNamed(textOf(item.schemaname), textOf(item.relname) ?? '').length > 0;
    if (known) level = beside(level, relationLevel(item, place));
    return undefined;
  });
  return level;
}
