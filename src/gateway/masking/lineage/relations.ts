import { qualifiedName } from '../../sql/effects.ts';
import type { MaskedRelation } from '../masked-catalog.ts';
import { aliasOf, type TreeNode, textOf } from '../tree.ts';
import { clean, columnLineage, either, plain, unknown } from './lineage.ts';
import { type Place, touch } from './place.ts';
import { type Column, columnsOf, type Level, type RangeEntry, renamed } from './range.ts';

/** Something in sight under a name, with these columns; those that stand for many make its rest. */
export function entryOf(name: string | null, schema: string | null, columns: readonly Column[]): RangeEntry {
  const many = columns.filter((column) => column.many === true);
  return {
    name,
    schema,
    columns: columns.filter((column) => column.many !== true),
    rest: many.length === 0 ? null : either(many.map(({ lineage }) => lineage)),
  };
}

/** A level of one entry. `columns` in their order, where some stand for many. */
export const levelOf = (entry: RangeEntry, columns: readonly Column[] = columnsOf(entry)): Level => ({
  entries: [entry],
  merged: new Map(),
  star: columns,
});

/** A RangeVar that names a table, a view, … or a common table expression. */
export function relationLevel(node: TreeNode, place: Place): Level {
  const name = textOf(node.relname) ?? '';
  const schema = textOf(node.schemaname);
  const alias = aliasOf(node);
  const table = schema === null ? place.tables.get(name) : undefined;
  const columns = renamed(table ?? relationColumns(schema, name, place), alias.columns);
  return levelOf(entryOf(alias.name ?? name, alias.name === null ? schema : null, columns), columns);
}

/** The columns of a table or view by its name, where a common table expression is not meant. */
export function relationColumns(schema: string | null, name: string, place: Place): readonly Column[] {
  const found = place.catalog.relationsNamed(schema, name);
  const [first, ...others] = found;
  const temporary = place.catalog.temporary.has(name) && (schema === null || schema.startsWith('pg_temp'));
  if (first === undefined || temporary) {
    place.findings.unknownRelation ??= qualifiedName({ schema, name });
    return [{ name: null, lineage: touch(unknown, place), many: true }];
  }
  // In which schema it is found may change until it runs: a column counts as masked when it is in any of them.
  return first.relation.columns.map(({ name: column }) => ({
    name: column,
    lineage: either([first, ...others].map((relation) => lineageIn(relation, column))),
  }));
}

function lineageIn({ relation, masked }: MaskedRelation, name: string): typeof clean {
  const column = relation.columns.find((candidate) => candidate.name === name);
  const by = column === undefined ? undefined : masked.get(column.attributeNumber);
  if (by !== undefined) return columnLineage(`${relation.name}.${name}`, by);
  const isName = relation.schema === 'pg_catalog' && ['name', '"char"'].includes(column?.type ?? '');
  return isName ? plain : clean;
}
