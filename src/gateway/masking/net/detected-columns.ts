import type { MaskRule } from '../../../contract/index.ts';
import type { CatalogSnapshot } from '../../sql/catalog.ts';
import { type FoundColumns, qualifiedColumn } from './findings.ts';

/**
 * The catalog with what detectors recognised in its columns, for rules by detector. The same object when no rule is one, or
 * nothing was found. `rules` are null where they are not known yet: a draft may hold any.
 */
export function withDetected(
  catalog: CatalogSnapshot,
  found: FoundColumns,
  rules: readonly Pick<MaskRule, 'detector'>[] | null,
): CatalogSnapshot {
  if (found.size === 0 || rules?.every(({ detector }) => detector === undefined) === true) return catalog;
  return {
    ...catalog,
    relations: catalog.relations.map((relation) => {
      let any = false;
      const columns = relation.columns.map((column) => {
        const detected = found.get(
          qualifiedColumn({ schema: relation.schema, table: relation.name, column: column.name }),
        );
        if (detected === undefined) return column;
        any = true;
        return { ...column, detected: [...detected] };
      });
      return any ? { ...relation, columns } : relation;
    }),
  };
}
