import type { MaskRule } from '../../contract/index.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import {
  derived,
  derivedFrom,
  emptyMaskedCatalog,
  type MaskedBy,
  type MaskedCatalog,
  type MaskedRelation,
} from './masked-catalog.ts';
import { columnMatcher } from './rules.ts';
import { firstUserOid, systemColumn } from './system-relations.ts';
import { cleanFunctions, generatedMask, type ParsedDefinition, parseDefinition, viewMasks } from './view-lineage.ts';

/**
 * Resolves rules to columns and follows them to where the same values are seen: partitions and inheritance children (and
 * from a child to its parent, which shows the child's rows), generated columns, views and materialized views, until
 * nothing new is masked. `unmatched` are ids of rules that name no column of the catalog.
 */
export function maskedCatalog(
  rules: readonly MaskRule[],
  snapshot: CatalogSnapshot,
): { readonly catalog: MaskedCatalog; readonly unmatched: readonly string[] } {
  const catalog = emptyMaskedCatalog(snapshot);
  const unmatched = new Set(rules.map((rule) => rule.id));
  for (const rule of rules) {
    const matches = columnMatcher(rule);
    for (const entry of catalog.byOid.values()) {
      for (const candidate of entry.relation.columns) {
        if (!matches(entry.relation, candidate)) continue;
        unmatched.delete(rule.id);
        mask(entry, candidate.attributeNumber, { rule: rule.id, masker: rule.masker });
      }
    }
  }
  const views = new Map<MaskedRelation, ParsedDefinition>();
  for (const entry of catalog.byOid.values()) {
    const { definition, oid, schema, name } = entry.relation;
    for (const column of entry.relation.columns) {
      const by = systemColumn(schema, name, column.name);
      if (by !== null) mask(entry, column.attributeNumber, by);
    }
    if (definition !== null && oid >= firstUserOid)
      views.set(entry, parseDefinition(definition, snapshot.serverVersionNumber));
  }
  while (grow(catalog, views));
  return {
    catalog: { ...catalog, cleanFunctions: cleanFunctions(snapshot.functions, catalog) },
    unmatched: [...unmatched],
  };
}

/** True when the column was not masked by that. The first mask holds; a derived column may turn out to have more sources. */
function mask(entry: MaskedRelation, attributeNumber: number, by: MaskedBy): boolean {
  const known = entry.masked.get(attributeNumber);
  if (known === undefined) {
    entry.masked.set(attributeNumber, by);
    return true;
  }
  if (known.rule !== derived.rule || by.rule !== derived.rule) return false;
  const both = derivedFrom([known, by]);
  if ((both.from?.length ?? 0) === (known.from?.length ?? 0)) return false;
  entry.masked.set(attributeNumber, both);
  return true;
}

/** One round; true when it masked something new. */
function grow(catalog: MaskedCatalog, views: ReadonlyMap<MaskedRelation, ParsedDefinition>): boolean {
  let grown = false;
  for (const entry of catalog.byOid.values()) {
    for (const parentOid of entry.relation.parents) {
      const parent = catalog.byOid.get(parentOid);
      if (parent === undefined) continue;
      if (maskByName(parent, entry)) grown = true;
      if (maskByName(entry, parent)) grown = true;
    }
    if (entry.masked.size > 0) {
      for (const column of entry.relation.columns) {
        if (column.generated === null || entry.masked.has(column.attributeNumber)) continue;
        const by = generatedMask(entry, column.generated, catalog);
        if (by !== null && mask(entry, column.attributeNumber, by)) grown = true;
      }
    }
    const parsed = views.get(entry);
    if (parsed === undefined) continue;
    for (const [attributeNumber, by] of viewMasks(entry, parsed, catalog)) {
      if (mask(entry, attributeNumber, by)) grown = true;
    }
  }
  return grown;
}

/** Attribute numbers of parent and child differ; names do not (PostgreSQL keeps them equal). */
function maskByName(from: MaskedRelation, to: MaskedRelation): boolean {
  let grown = false;
  for (const column of from.relation.columns) {
    const by = from.masked.get(column.attributeNumber);
    const target =
      by === undefined ? undefined : to.relation.columns.find((candidate) => candidate.name === column.name);
    if (by !== undefined && target !== undefined && mask(to, target.attributeNumber, by)) grown = true;
  }
  return grown;
}
