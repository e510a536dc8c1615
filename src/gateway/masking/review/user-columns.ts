import type { CatalogColumn, CatalogRelation, CatalogSnapshot } from '../../sql/catalog.ts';

/** A column that rows of users are in. */
export interface UserColumn {
  readonly relation: CatalogRelation;
  readonly column: CatalogColumn;
  /** `public.users.email` */
  readonly name: string;
}

/** pg_class.relkind of what a rule may be about; indexes and sequences hold no columns that anybody reads. */
const kinds = new Set(['r', 'p', 'v', 'm', 'f']);

/** Schemas of the server itself. */
export const isSystemSchema = (schema: string): boolean => schema === 'information_schema' || schema.startsWith('pg_');

/** All columns of tables and views of users, by their names; with `system`, those of the catalogs as well. */
export function userColumns({ relations }: CatalogSnapshot, system = false): readonly UserColumn[] {
  return relations
    .filter(({ kind, schema }) => kinds.has(kind) && (system || !isSystemSchema(schema)))
    .flatMap((relation) =>
      relation.columns.map((column) => ({
        relation,
        column,
        name: `${relation.schema}.${relation.name}.${column.name}`,
      })),
    );
}
