import { type Change, type Draft, noteInsertedRows, notePredicate, type Place } from './draft.ts';
import { takenFrom } from './effects.ts';
import { columnsIn, hasSubquery } from './expressions.ts';
import { predicateQuality } from './predicates.ts';
import { literalRows, withClause, without } from './queries.ts';
import { noteRead } from './reads.ts';
import { noteWrite, referenceTo } from './relations.ts';
import { mayReturnSet } from './set-returning.ts';
import { listAt, nodeAt, type SyntaxNode, stringAt, untag } from './tree.ts';

/** Notes the target as written, and as read when any expression of the statement names a column. */
function noteTarget(node: SyntaxNode, place: Place, ...changes: readonly Change[]): void {
  const target = nodeAt(node, 'relation');
  if (target === null) return;
  const reference = referenceTo(target, place);
  noteWrite(place, reference, ...changes.map((change) => ({ ...change, only: target.inh !== true })));
  if (columnsIn(without(node, 'relation', 'withClause', 'cols', 'selectStmt')).length > 0)
    noteRead(place, reference, target.inh !== true);
}

/** The columns that SET names. */
const assigned = (targets: readonly unknown[]): readonly string[] =>
  targets.map((member) => stringAt(untag(member, 'ResTarget') ?? {}, 'name'));

const inserts: Change = { event: 'insert', columns: null };
const deletes: Change = { event: 'delete', columns: null };
const updates = (targets: readonly unknown[]): Change => ({ event: 'update', columns: assigned(targets) });

/** What SET assigns: the columns, and whether a value is made from another column than the one it goes to. */
function noteAssignments(targets: readonly unknown[], draft: Draft): void {
  for (const member of targets) {
    const target = untag(member, 'ResTarget');
    if (target === null) continue;
    const column = stringAt(target, 'name');
    draft.updatedColumns.add(column);
    const sources = columnsIn(target.val).filter((source) => source.name !== column);
    if (sources.length > 0 || hasSubquery(target.val)) draft.copiesColumns = true;
  }
}

export function collectInsert(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  const inside: Place = { ...withClause(node, place), mode: 'read' };
  draft.kinds.add('insert');
  const source = untag(node.selectStmt, 'SelectStmt');
  const literal = source === null ? 1 : literalRows(node.selectStmt);
  // The server takes a single row of VALUES as it takes a SELECT: a function in it that returns a set gives as many rows.
  const rows = literal === 1 && source !== null && mayReturnSet(source.valuesLists, place.index) ? null : literal;
  noteInsertedRows(draft, rows);
  if (source !== null && literal !== null)
    // VALUES reads nothing by itself; sub-selects inside say so themselves.
    place.descend('SelectStmt', without(source, 'withClause'), withClause(source, inside));
  else if (source !== null) place.collect('SelectStmt', source, inside);
  // Before the target counts as read: what was read by now is what the rows may come from.
  if (takenFrom([...draft.reads.values()]).length > 0) draft.copiesColumns = true;
  const conflict = nodeAt(node, 'onConflictClause');
  const upserts = conflict !== null && conflict.action === 'ONCONFLICT_UPDATE';
  noteTarget(node, inside, inserts, ...(upserts ? [updates(listAt(conflict, 'targetList'))] : []));
  if (upserts) {
    draft.kinds.add('update');
    noteAssignments(listAt(conflict, 'targetList'), draft);
    // The arbiter is a unique index: at most one row changes for each row proposed, of which a query may propose any number.
    notePredicate(draft, place.index === null || rows === null ? 'unproven' : 'key');
  }
  place.descend('InsertStmt', without(node, 'relation', 'withClause', 'selectStmt'), inside);
}

export function collectUpdate(node: SyntaxNode, place: Place): void {
  const inside: Place = { ...withClause(node, place), mode: 'read' };
  place.draft.kinds.add('update');
  noteTarget(node, inside, updates(listAt(node, 'targetList')));
  noteAssignments(listAt(node, 'targetList'), place.draft);
  notePredicate(place.draft, predicateQuality(node, place));
  place.descend('UpdateStmt', without(node, 'relation', 'withClause'), inside);
}

export function collectDelete(node: SyntaxNode, place: Place): void {
  const inside: Place = { ...withClause(node, place), mode: 'read' };
  place.draft.kinds.add('delete');
  noteTarget(node, inside, deletes);
  notePredicate(place.draft, predicateQuality(node, place));
  place.descend('DeleteStmt', without(node, 'relation', 'withClause'), inside);
}

const MERGE_KINDS = { CMD_INSERT: 'insert', CMD_UPDATE: 'update', CMD_DELETE: 'delete' } as const;

function mergeChange(member: unknown): readonly Change[] {
  const clause = untag(member, 'MergeWhenClause') ?? {};
  switch (MERGE_KINDS[clause.commandType as keyof typeof MERGE_KINDS]) {
    case 'insert':
      return [inserts];
    case 'update':
      return [updates(listAt(clause, 'targetList'))];
    case 'delete':
      return [deletes];
    default:
      return [];
  }
}

export function collectMerge(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  const inside: Place = { ...withClause(node, place), mode: 'read' };
  draft.kinds.add('merge');
  noteTarget(node, inside, ...listAt(node, 'mergeWhenClauses').flatMap(mergeChange));
  for (const member of listAt(node, 'mergeWhenClauses')) {
    const clause = untag(member, 'MergeWhenClause');
    const kind = MERGE_KINDS[clause?.commandType as keyof typeof MERGE_KINDS];
    if (clause === null || kind === undefined) continue;
    draft.kinds.add(kind);
    if (kind === 'insert') noteInsertedRows(draft, null);
    else notePredicate(draft, 'unproven');
    if (kind === 'update') noteAssignments(listAt(clause, 'targetList'), draft);
  }
  place.descend('MergeStmt', without(node, 'relation', 'withClause'), inside);
}
