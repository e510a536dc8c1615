import type { CatalogColumn } from '../../sql/catalog.ts';
import { qualifiedName } from '../../sql/effects.ts';
import type { MaskedCatalog, MaskedRelation } from '../masked-catalog.ts';
import { baseType, type TypesByOid } from '../maskers/column-type.ts';
import { familyOf } from '../maskers/type-families.ts';
import { aliasOf, type TreeNode, textOf } from '../tree.ts';
import { clean, columnLineage, either, type Lineage, plain, unknown } from './lineage.ts';
import { type Place, touch } from './place.ts';
import { type Column, columnsOf, type Level, type RangeEntry, renamed } from './range.ts';

/** Something in sight under a name, with these columns; those that stand for many make its rest. */
export function entryOf(name: string | null, schemas: readonly string[], columns: readonly Column[]): RangeEntry {
  const many = columns.filter((column) => column.many === true);
  return {
    name,
    schemas,
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
  // Neither an alias nor a common table expression is reached through a schema.
  const schemas = alias.name === null && table === undefined ? schemasOf(schema, name, place) : [];
  return levelOf(entryOf(alias.name ?? name, schemas, columns), columns);
}

const schemasOf = (schema: string | null, name: string, { catalog }: Place): readonly string[] =>
  schema === null ? catalog.relationsNamed(null, name).map(({ relation }) => relation.schema) : [schema];

/** The columns of a table or view by its name, where a common table expression is not meant. */
export function relationColumns(schema: string | null, name: string, place: Place): readonly Column[] {
  const found = place.catalog.relationsNamed(schema, name);
  const [first, ...others] = found;
  const temporary = place.catalog.temporary.has(name) && (schema === null || schema.startsWith('pg_temp'));
  if (first === undefined || temporary) {
    place.findings.unknownRelation ??= qualifiedName({ schema, name });
    return [{ name: null, lineage: touch(unknown, place), many: true }];
  }
  for (const one of found) if (one.masked.size > 0) place.findings.relations.add(one);
  // In which schema it is found may change until it runs: a column counts as masked when it is in any of them.
  return first.relation.columns.map(({ name: column }) => ({
    name: column,
    lineage: either([first, ...others].map((relation) => lineageIn(relation, column, place.catalog))),
  }));
}

function lineageIn({ relation, masked }: MaskedRelation, name: string, { types }: MaskedCatalog): Lineage {
  const column = relation.columns.find((candidate) => candidate.name === name);
  const by = column === undefined ? undefined : masked.get(column.attributeNumber);
  if (column !== undefined && by !== undefined)
    return columnLineage(`${relation.name}.${name}`, by, mayHoldArray(column, types));
  const isName = relation.schema === 'pg_catalog' && ['name', '"char"'].includes(column?.type ?? '');
  return isName ? plain : clean;
}

function mayHoldArray({ typeOid, type }: CatalogColumn, types: TypesByOid): boolean {
  const { family } = familyOf(baseType({ typeOid, typeModifier: -1, format: 0, typeName: type, types }));
  return family === 'array' || family === 'composite' || family === 'unknown';
}
