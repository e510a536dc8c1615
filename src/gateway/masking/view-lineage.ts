import { parseSync } from 'libpg-query';
import type { CatalogFunction } from '../sql/catalog.ts';
import { readsOtherwise } from '../sql/newer-syntax.ts';
import { sqlIdentifier } from '../wire/quote.ts';
import { either, isClean, maskFor } from './lineage/lineage.ts';
import { statementLineage } from './lineage/statement.ts';
import { derived, derivedFrom, type MaskedBy, type MaskedCatalog, type MaskedRelation } from './masked-catalog.ts';
import { functionName, statementOf, type TreeNode, walk } from './tree.ts';

/** A view's query, or null when it could not be parsed as the server reads it (the parser is of another version, or not loaded yet). */
export type ParsedDefinition = TreeNode | null;

/** Parses pg_get_viewdef's text, as written by a server of this version. */
export function parseDefinition(definition: string, serverVersion: number): ParsedDefinition {
  try {
    const statements = parseSync(definition).stmts ?? [];
    const statement = statementOf(statements[0]?.stmt);
    if (readsOtherwise(statements, serverVersion)) return null;
    return statements.length === 1 && statement?.tag === 'SelectStmt' ? statement.node : null;
  } catch {
    return null; // The view is then masked whole if it depends on a masked column: see viewMasks.
  }
}

/**
 * The masked columns of a view. A column is clean only when that is proven; one that is a masked column as it stands
 * takes that column's masker; whatever else may derive from masked columns is masked whole.
 */
export function viewMasks(
  view: MaskedRelation,
  query: ParsedDefinition,
  catalog: MaskedCatalog,
): ReadonlyMap<number, MaskedBy> {
  const { columns, dependsOn } = view.relation;
  const all = (): Map<number, MaskedBy> => {
    const by = derivedFrom(dependsOn.flatMap((column) => masksOf(column, catalog)));
    return new Map(columns.map(({ attributeNumber }) => [attributeNumber, by]));
  };
  if (query === null) {
    const related = dependsOn.some(({ oid }) => (catalog.byOid.get(oid)?.masked.size ?? 0) > 0);
    return related || dependsOn.length === 0 ? all() : new Map();
  }
  const lineage = statementLineage({ SelectStmt: query }, catalog, catalog.userFunctions);
  if (lineage.columns === null || lineage.columns.length !== columns.length) return all();
  const masks = new Map<number, MaskedBy>();
  for (const [index, { attributeNumber }] of columns.entries()) {
    const made = lineage.columns[index];
    const by = made === undefined || made.many === true ? derived : maskFor(made.lineage);
    if (by === null) continue;
    masks.set(attributeNumber, by === derived ? derivedFrom(made?.lineage.sources.values() ?? []) : by);
  }
  return masks;
}

/** The masks of a column that a view depends on; of all columns of its relation where it is not told which one. */
function masksOf(
  { oid, attributeNumber }: MaskedRelation['relation']['dependsOn'][number],
  catalog: MaskedCatalog,
): readonly MaskedBy[] {
  const masked = catalog.byOid.get(oid)?.masked;
  const by = masked?.get(attributeNumber);
  if (attributeNumber === 0) return [...(masked?.values() ?? [])];
  return by === undefined ? [] : [by];
}

/** The mask of a generated column whose expression may derive from a masked column of its table; null when it does not. */
export function generatedMask(entry: MaskedRelation, expression: string, catalog: MaskedCatalog): MaskedBy | null {
  const { schema, name } = entry.relation;
  const query = parseDefinition(
    `SELECT (${expression}) FROM ${sqlIdentifier(schema)}.${sqlIdentifier(name)}`,
    catalog.serverVersion,
  );
  if (query === null) return derivedFrom(entry.masked.values());
  const { columns } = statementLineage({ SelectStmt: query }, catalog, catalog.userFunctions);
  if (columns === null) return derivedFrom(entry.masked.values());
  const made = either(columns.map(({ lineage }) => lineage));
  return isClean(made) ? null : derivedFrom(made.sources.values());
}

/** Names of the user functions whose every overload is SQL text that mentions no masked column, itself or through another. */
export function cleanFunctions(functions: readonly CatalogFunction[], catalog: MaskedCatalog): ReadonlySet<string> {
  const clean = new Set(functions.map((fn) => fn.name));
  const bodies = new Map<string, TreeNode[]>();
  const nothing: ReadonlySet<string> = new Set();
  for (const { name, language, securityDefiner, body } of functions) {
    const query =
      language === 'sql' && !securityDefiner && typeof body === 'string'
        ? parseDefinition(body, catalog.serverVersion)
        : null;
    const findings = query === null ? null : statementLineage({ SelectStmt: query }, catalog, nothing).findings;
    // A plain name that leads nowhere is a parameter: columns go before those (manual, 36.5.1).
    const doubtful = findings?.unresolved === 'qualified name' && findings.relations.size > 0;
    if (
      query === null ||
      findings === null ||
      findings.unknownRelation !== null ||
      findings.touched.size > 0 ||
      doubtful
    ) {
      clean.delete(name);
    } else bodies.set(name, [...(bodies.get(name) ?? []), query]);
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const name of clean) {
      const dirty = (bodies.get(name) ?? []).some((query) => callsUserFunction(query, catalog, clean));
      if (dirty && clean.delete(name)) changed = true;
    }
  }
  return clean;
}

function callsUserFunction(query: TreeNode, catalog: MaskedCatalog, except: ReadonlySet<string>): boolean {
  let found = false;
  walk(query, (node, key) => {
    const name = key === 'FuncCall' ? functionName(node) : '';
    if (catalog.userFunctions.has(name) && !except.has(name)) found = true;
    return undefined;
  });
  return found;
}
