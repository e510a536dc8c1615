import type { CatalogFunction, CatalogRelation } from '../../sql/catalog.ts';
import type { MaskedBy, MaskedCatalog, MaskedRelation } from '../masked-catalog.ts';
import { cleanFunctions } from '../view-lineage.ts';
import type { Temporaries, TemporaryTable } from './types.ts';

/**
 * A catalog with what is known of a session's temporary tables. One that has the name of another relation, in whatever schema,
 * counts as unknown: which of them a name means depends on the search_path, and for a plan or a function on when it was made.
 */
export function withTemporaries(
  catalog: MaskedCatalog,
  functions: readonly CatalogFunction[],
  { tables, names }: Temporaries,
): MaskedCatalog {
  const own = new Map(
    tables.filter(({ name }) => !catalog.byName.has(name)).map((table) => [table.name, entryOf(table)]),
  );
  const entries = [...own.values()];
  const made: MaskedCatalog = {
    ...catalog,
    byOid: new Map([...catalog.byOid, ...entries.map((entry) => [entry.relation.oid, entry] as const)]),
    byName: new Map([...catalog.byName, ...[...own].map(([name, entry]) => [name, [entry]] as const)]),
    relationsNamed: (schema, name) => {
      const entry = own.get(name);
      if (entry === undefined) return catalog.relationsNamed(schema, name);
      return schema === null || schema === 'pg_temp' || schema === entry.relation.schema ? [entry] : [];
    },
    temporary: new Set([...catalog.temporary, ...names].filter((name) => !own.has(name))),
  };
  // A function may name what a temporary table now stands before.
  return { ...made, cleanFunctions: cleanFunctions(functions, made) };
}

/** True for a temporary table that is followed. */
export const isTemporaryTable = ({ relation }: MaskedRelation): boolean => relation.schema.startsWith('pg_temp_');

function entryOf({ oid, schema, name, columns, masks }: TemporaryTable): MaskedRelation {
  const masked = new Map<number, MaskedBy>();
  for (const column of columns) {
    const by = masks.get(column.name);
    if (by !== undefined) masked.set(column.attributeNumber, by);
  }
  const relation: CatalogRelation = {
    oid,
    schema,
    name,
    kind: 'r',
    columns,
    // Its indexes are not looked at: whoever writes to a masked column may find out what is there already.
    uniqueKeys: columns.filter((column) => masks.has(column.name)).map((column) => [column.name]),
    parents: [],
    definition: null,
    dependsOn: [],
    hasTriggers: false,
    estimatedRows: -1,
  };
  return { relation, masked };
}
