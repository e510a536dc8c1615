import type { MaskRule, MatchedColumn, MatchedHow } from '../../../contract/index.ts';
import type { CatalogSnapshot } from '../../sql/catalog.ts';
import { maskedCatalog } from '../closure.ts';
import type { MaskedCatalog } from '../masked-catalog.ts';
import { columnMatcher } from '../rules.ts';
import type { CopiedColumn } from '../types.ts';
import { type UserColumn, userColumns } from './user-columns.ts';

export interface MatchInput {
  readonly rule: MaskRule;
  /** All rules of the connection in their order, the one that is asked about among them. */
  readonly rules: readonly MaskRule[];
  readonly catalog: CatalogSnapshot;
  /** What is known of copies in the database of the catalog. */
  readonly copied: readonly CopiedColumn[];
}

/**
 * Every column that a rule reaches in a database: those that fit it, those in which the same values are seen (partitions,
 * inheritance, generated columns, views), and those that its values were copied to. `heldBy` is the earlier rule that masks
 * it instead.
 */
export function matchedColumns({ rule, rules, catalog, copied }: MatchInput): MatchedColumn[] {
  // Alone, everything that is masked is masked because of it.
  const { catalog: alone } = maskedCatalog([rule], catalog);
  const { catalog: together } = maskedCatalog(rules, catalog);
  const fits = columnMatcher(rule);
  const labels = new Set<string>();
  const columns = userColumns(catalog);
  const reached = columns.flatMap(({ relation, column, name }): MatchedColumn[] => {
    const by = maskOf(alone, relation.oid, column.attributeNumber);
    if (by === undefined || by.rule === 'system') return [];
    const holder = maskOf(together, relation.oid, column.attributeNumber)?.rule;
    labels.add(`${relation.name}.${column.name}`);
    return [
      {
        column: name,
        type: column.type,
        how: fits(relation, column) ? 'rule' : howReached({ relation, column, name }, alone),
        heldBy: holder === undefined || holder === rule.id || holder === 'derived' ? null : holder,
      },
    ];
  });
  const copies = copied
    .filter(({ sources }) => sources.some((source) => labels.has(lastTwo(source))))
    .map(({ schema, relation, column }): MatchedColumn => {
      const name = `${schema ?? '*'}.${relation}.${column}`;
      const known = columns.find((one) => one.name === name);
      return { column: name, type: known?.column.type ?? null, how: 'copied', heldBy: null };
    });
  return [...reached, ...copies];
}

const maskOf = (catalog: MaskedCatalog, oid: number, attributeNumber: number) =>
  catalog.byOid.get(oid)?.masked.get(attributeNumber);

const lastTwo = (label: string): string => label.split('.').slice(-2).join('.');

function howReached({ relation, column }: UserColumn, catalog: MaskedCatalog): MatchedHow {
  if (relation.kind === 'v' || relation.kind === 'm') return 'view';
  if (column.generated !== null) return 'generated';
  const parents = relation.parents.flatMap((oid) => catalog.byOid.get(oid)?.relation ?? []);
  const above = parents.filter((parent) => parent.columns.some(({ name }) => name === column.name));
  if (above.some(({ kind }) => kind === 'p')) return 'partition';
  return above.length > 0 ? 'child' : 'parent';
}
