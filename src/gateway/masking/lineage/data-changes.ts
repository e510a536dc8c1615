import { isNode, listOf, statementOf, type TreeNode, tagged, textOf } from '../tree.ts';
import { condition } from './conditions.ts';
import { lineageOf } from './expressions.ts';
import { beside, fromClause } from './from-items.ts';
import { clean, either, isClean, type Lineage, unknown } from './lineage.ts';
import { type Place, steer, touch, within } from './place.ts';
import { targetColumns, withTables } from './queries.ts';
import { type Column, columnAt, emptyLevel, type Level, type RangeEntry, renamed } from './range.ts';
import { entryOf, levelOf, relationColumns, relationLevel } from './relations.ts';

/** What the columns of a relation are given by a statement. */
type Assigned = ReadonlyMap<string, Lineage>;

/** INSERT: the columns of its RETURNING. */
export function insertColumns(node: TreeNode, outer: Place): readonly Column[] {
  const place = withTables(node, outer);
  const target = targetOf(node, place);
  const source = statementOf(node.selectStmt);
  const rows = source === null ? [] : place.query(source.tag, source.node, place);
  const listed = listOf(node.cols).map((item) => textOf(tagged(item, 'ResTarget')?.name));
  const names = listed.length > 0 ? listed : target.entry.columns.map(({ name }) => name);
  const given = new Map<string, Lineage>();
  for (const [at, name] of names.entries()) {
    if (source === null) break;
    const total = rows.some(({ many }) => many === true) ? Math.max(names.length, rows.length) : rows.length;
    const lineage = at < total ? (columnAt(rows, at, total)?.lineage ?? touch(unknown, place)) : clean;
    assign(target, name, lineage, given, place);
  }
  uniqueProbes(target, names, place);
  const conflict = node.onConflictClause;
  const updated = isNode(conflict) ? onConflict(conflict, target, given, place) : new Map<string, Lineage>();
  return returning(node, target, emptyLevel, joined(given, updated), place);
}

/** UPDATE: the columns of its RETURNING. */
export function updateColumns(node: TreeNode, outer: Place): readonly Column[] {
  const place = withTables(node, outer);
  const target = targetOf(node, place);
  const from = fromClause(listOf(node.fromClause), place);
  const inside = within(place, beside(target.level, from));
  const given = assignments(node.targetList, target, inside);
  uniqueProbes(target, namesSet(node.targetList), place);
  condition(node.whereClause, inside);
  return returning(node, target, from, given, place);
}

/** DELETE: the columns of its RETURNING. */
export function deleteColumns(node: TreeNode, outer: Place): readonly Column[] {
  const place = withTables(node, outer);
  const target = targetOf(node, place);
  const using = fromClause(listOf(node.usingClause), place);
  condition(node.whereClause, within(place, beside(target.level, using)));
  return returning(node, target, using, new Map(), place);
}

/** MERGE: the columns of its RETURNING, in which those of the source come first. */
export function mergeColumns(node: TreeNode, outer: Place): readonly Column[] {
  const place = withTables(node, outer);
  const target = targetOf(node, place);
  const source = fromClause([node.sourceRelation], place);
  const inside = within(place, beside(target.level, source));
  condition(node.joinCondition, inside);
  let given: Assigned = new Map();
  for (const item of listOf(node.mergeWhenClauses)) {
    const when = tagged(item, 'MergeWhenClause');
    if (when === null) continue;
    condition(when.condition, inside);
    if (when.values === undefined) {
      given = joined(given, assignments(when.targetList, target, inside));
      uniqueProbes(target, namesSet(when.targetList), place);
    } else given = joined(given, mergeInsert(when, target, inside));
  }
  return returning(node, target, source, given, place, true);
}

function mergeInsert(when: TreeNode, target: Target, place: Place): Assigned {
  const listed = listOf(when.targetList).map((item) => textOf(tagged(item, 'ResTarget')?.name));
  const names = listed.length > 0 ? listed : target.entry.columns.map(({ name }) => name);
  const given = new Map<string, Lineage>();
  for (const [at, value] of listOf(when.values).entries())
    assign(target, names[at] ?? null, lineageOf(value, place), given, place);
  uniqueProbes(target, names, place);
  return given;
}

interface Target {
  readonly schema: string | null;
  readonly relation: string;
  readonly entry: RangeEntry;
  readonly level: Level;
}

function targetOf(node: TreeNode, place: Place): Target {
  const range = isNode(node.relation) ? node.relation : {};
  // A common table expression cannot be written to: the name is a relation's.
  const level = relationLevel(range, { ...place, tables: new Map() });
  const [entry = entryOf(null, [], [])] = level.entries;
  return { schema: textOf(range.schemaname), relation: textOf(range.relname) ?? '', entry, level };
}

function assign(
  target: Target,
  column: string | null,
  lineage: Lineage,
  given: Map<string, Lineage>,
  place: Place,
): void {
  if (isClean(lineage)) return;
  place.findings.assignments.push({ schema: target.schema, relation: target.relation, column, lineage });
  for (const name of column === null ? target.entry.columns.map((one) => one.name) : [column])
    if (name !== null) given.set(name, either([given.get(name) ?? clean, lineage]));
}

/** `SET a = …, (b, c) = …`. */
function assignments(list: unknown, target: Target, place: Place): Assigned {
  const given = new Map<string, Lineage>();
  for (const item of listOf(list)) {
    const set = tagged(item, 'ResTarget');
    const lineage = set === null ? touch(unknown, place) : lineageOf(set.val, place);
    for (const index of listOf(set?.indirection)) steer(lineageOf(index, place), place);
    assign(target, textOf(set?.name), lineage, given, place);
  }
  return given;
}

function onConflict(conflict: TreeNode, target: Target, inserted: Assigned, place: Place): Assigned {
  const excluded = levelOf({ ...withAssigned(target.entry, inserted), name: 'excluded' });
  const inside = within(place, beside(target.level, excluded));
  condition(conflict.whereClause, inside);
  if (isNode(conflict.infer)) {
    condition(conflict.infer.whereClause, inside);
    for (const item of listOf(conflict.infer.indexElems))
      steer(lineageOf(tagged(item, 'IndexElem')?.expr, inside), place);
  }
  uniqueProbes(target, namesSet(conflict.targetList), place);
  return assignments(conflict.targetList, target, inside);
}

/** The columns that a list of `SET` names. */
const namesSet = (list: unknown): readonly (string | null)[] =>
  listOf(list).map((item) => textOf(tagged(item, 'ResTarget')?.name));

const joined = (first: Assigned, second: Assigned): Assigned => {
  const all = new Map(first);
  for (const [name, lineage] of second) all.set(name, either([all.get(name) ?? clean, lineage]));
  return all;
};

/** The row as it is after the statement: each column holds what it held, or what it was given. */
const withAssigned = (entry: RangeEntry, given: Assigned): RangeEntry => ({
  ...entry,
  columns: entry.columns.map((column) => ({
    ...column,
    lineage: either([column.lineage, given.get(column.name ?? '') ?? clean]),
  })),
});

function returning(
  node: TreeNode,
  target: Target,
  from: Level,
  given: Assigned,
  place: Place,
  sourceFirst = false,
): readonly Column[] {
  const clause = node.returningClause;
  if (!isNode(clause)) return [];
  const changed = withAssigned(target.entry, given);
  const row = levelOf(changed);
  const names = new Map([
    ['old', 'old'],
    ['new', 'new'],
  ]);
  for (const item of listOf(clause.options)) {
    const option = tagged(item, 'ReturningOption');
    const name = textOf(option?.value);
    if (name !== null) names.set(option?.option === 'RETURNING_OPTION_NEW' ? 'new' : 'old', name);
  }
  const all = sourceFirst ? beside(from, row) : beside(row, from);
  const versions = [...names.values()].map((name): RangeEntry => ({ ...changed, name, schemas: [] }));
  return targetColumns(listOf(clause.exprs), within(place, { ...all, entries: [...all.entries, ...versions] }));
}

/** A unique index tells whether a value is there already. */
function uniqueProbes(target: Target, names: readonly (string | null)[], place: Place): void {
  for (const { relation, masked } of place.catalog.relationsNamed(target.schema, target.relation)) {
    for (const { name, attributeNumber } of relation.columns) {
      const by = masked.get(attributeNumber);
      if (by === undefined || !names.includes(name)) continue;
      if (relation.uniqueKeys.some((key) => key.includes(name)))
        place.findings.probes.push({ label: `${relation.name}.${name}`, by, use: 'other', values: 0 });
    }
  }
}

/** What a query puts into a relation that it makes: its columns under their new names. */
export function noteCreated(
  relation: unknown,
  columns: readonly Column[],
  names: readonly string[],
  place: Place,
): void {
  const range = isNode(relation) ? relation : {};
  const target = { schema: textOf(range.schemaname), relation: textOf(range.relname) ?? '' };
  const made = renamed(columns, names);
  place.findings.created = made;
  for (const { name, lineage } of made)
    if (!isClean(lineage)) place.findings.assignments.push({ ...target, column: name, lineage });
}

/** The columns of COPY … TO of a table. */
export function copiedColumns(node: TreeNode, names: readonly string[], place: Place): readonly Column[] {
  const range = isNode(node.relation) ? node.relation : {};
  const columns = relationColumns(textOf(range.schemaname), textOf(range.relname) ?? '', place);
  const named = (wanted: string): Column =>
    columns.find(({ name }) => name === wanted) ?? { name: wanted, lineage: unknown };
  const chosen = names.length === 0 ? columns : names.map(named);
  for (const { lineage } of chosen) touch(lineage, place);
  return chosen;
}
