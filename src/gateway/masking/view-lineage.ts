import { parseSync } from 'libpg-query';
import type { CatalogFunction } from '../sql/catalog.ts';
import { sqlIdentifier } from '../wire/quote.ts';
import { isCleanExpression } from './clean-expression.ts';
import { derived, type MaskedBy, type MaskedCatalog, type MaskedRelation } from './masked-catalog.ts';
import { statementScope } from './statement-scope.ts';
import { functionName, listOf, statementOf, type TreeNode, tagged, walk } from './tree.ts';

/** A view's query, or null when it could not be parsed (the parser is of another version, or not loaded yet). */
export type ParsedDefinition = TreeNode | null;

/** Parses pg_get_viewdef's text. */
export function parseDefinition(definition: string): ParsedDefinition {
  try {
    const statements = parseSync(definition).stmts ?? [];
    const statement = statementOf(statements[0]?.stmt);
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
  const columns = view.relation.columns;
  const all = (): Map<number, MaskedBy> => new Map(columns.map((column) => [column.attributeNumber, derived]));
  const dependsOnMasked = view.relation.dependsOn.some(
    ({ oid, attributeNumber }) => catalog.byOid.get(oid)?.masked.has(attributeNumber) === true,
  );
  if (query === null) {
    const related = view.relation.dependsOn.some(({ oid }) => (catalog.byOid.get(oid)?.masked.size ?? 0) > 0);
    return related || view.relation.dependsOn.length === 0 ? all() : new Map();
  }
  const scope = statementScope({ SelectStmt: query }, catalog);
  const tainted =
    dependsOnMasked ||
    scope.unknownRelation !== null ||
    scope.mentions({ SelectStmt: query }).size > 0 ||
    callsUserFunction(query, catalog);
  if (!tainted) return new Map();
  const targets = listOf(query.targetList);
  if (!scope.simple || query.op !== 'SETOP_NONE' || targets.length !== columns.length) return all();
  const masks = new Map<number, MaskedBy>();
  for (const [index, column] of columns.entries()) {
    const value = tagged(targets[index], 'ResTarget')?.val;
    const reference = tagged(value, 'ColumnRef');
    const origin = reference === null ? undefined : scope.originOf(reference);
    if (origin === null) continue;
    if (origin !== undefined) masks.set(column.attributeNumber, origin);
    else if (!isCleanExpression(value, scope, catalog.userFunctions)) masks.set(column.attributeNumber, derived);
  }
  return masks;
}

/** True when a generated column's expression may derive from a masked column of its table. */
export function generatedMask(entry: MaskedRelation, expression: string, catalog: MaskedCatalog): boolean {
  const { schema, name } = entry.relation;
  const query = parseDefinition(`SELECT (${expression}) FROM ${sqlIdentifier(schema)}.${sqlIdentifier(name)}`);
  if (query === null) return true;
  return statementScope({ SelectStmt: query }, catalog).mentions(query.targetList).size > 0;
}

/** Names of the user functions whose every overload is SQL text that mentions no masked column, itself or through another. */
export function cleanFunctions(functions: readonly CatalogFunction[], catalog: MaskedCatalog): ReadonlySet<string> {
  const clean = new Set(functions.map((fn) => fn.name));
  const bodies = new Map<string, TreeNode[]>();
  for (const { name, language, securityDefiner, body } of functions) {
    const query = language === 'sql' && !securityDefiner && typeof body === 'string' ? parseDefinition(body) : null;
    const scope = query === null ? null : statementScope({ SelectStmt: query }, catalog);
    if (
      query === null ||
      scope === null ||
      scope.unknownRelation !== null ||
      scope.mentions({ SelectStmt: query }).size > 0
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

function callsUserFunction(query: TreeNode, catalog: MaskedCatalog, except: ReadonlySet<string> = new Set()): boolean {
  let found = false;
  walk(query, (node, key) => {
    const name = key === 'FuncCall' ? functionName(node) : '';
    if (catalog.userFunctions.has(name) && !except.has(name)) found = true;
    return undefined;
  });
  return found;
}
