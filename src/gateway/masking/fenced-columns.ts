import type { MaskRule } from '../../contract/index.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { maskedCatalog } from './closure.ts';
import { firstUserOid } from './system-relations.ts';
import { withheldCatalog } from './withheld.ts';

/** What the grants of a session's role are to leave out. */
export interface FencedColumns {
  readonly withholds: (schema: string, relation: string, column: string) => boolean;
  /** Relations whose columns are to be granted one by one, so that one which is added later is not granted by itself. */
  readonly byColumn: (schema: string, relation: string) => boolean;
}

/**
 * The columns that rules keep from the role of a session, followed to partitions, children, generated columns and views:
 * those that are withheld, or with `masked` every masked one.
 */
export function fencedColumns(
  rules: readonly MaskRule[],
  snapshot: CatalogSnapshot,
  fence: 'withheld' | 'masked',
): FencedColumns {
  const { catalog } = maskedCatalog(rules, snapshot);
  const fenced = fence === 'masked' ? catalog : withheldCatalog(catalog, snapshot.functions);
  const columns = new Map<string, ReadonlySet<string>>();
  for (const entry of fenced.byOid.values()) {
    if (entry.masked.size === 0 || entry.relation.oid < firstUserOid) continue;
    const { schema, name } = entry.relation;
    const masked = entry.relation.columns.filter(({ attributeNumber }) => entry.masked.has(attributeNumber));
    columns.set(keyOf(schema, name), new Set(masked.map((column) => column.name)));
  }
  const inForce = rules.some(({ masker }) => fence === 'masked' || masker.kind === 'withhold');
  return {
    withholds: (schema, relation, column) => columns.get(keyOf(schema, relation))?.has(column) === true,
    byColumn: () => inForce,
  };
}

const keyOf = (schema: string, relation: string): string => JSON.stringify([schema, relation]);
