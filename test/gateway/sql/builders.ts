import type { CatalogFunction, CatalogRelation, CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import type { Effects, ParsedStatement, Understanding } from '../../../src/gateway/sql/effects.ts';

let nextOid = 20_000;

/** A table in `public` with the given columns and unique keys. */
export function table(name: string, columns: readonly string[], rest: Partial<CatalogRelation> = {}): CatalogRelation {
  return {
    oid: nextOid++,
    schema: 'public',
    name,
    kind: 'r',
    columns: columns.map((column, position) => ({
      attributeNumber: position + 1,
      name: column,
      typeOid: 25,
      type: 'text',
      generated: null,
    })),
    uniqueKeys: [],
    parents: [],
    definition: null,
    dependsOn: [],
    hasTriggers: false,
    estimatedRows: -1,
    ...rest,
  };
}

export const userFunction = (name: string, rest: Partial<CatalogFunction> = {}): CatalogFunction => ({
  schema: 'public',
  name,
  volatility: 'v',
  securityDefiner: false,
  language: 'plpgsql',
  body: null,
  fromExtension: false,
  ...rest,
});

export function catalogOf(
  relations: readonly CatalogRelation[],
  functions: readonly CatalogFunction[] = [],
  rest: Partial<CatalogSnapshot> = {},
): CatalogSnapshot {
  return {
    version: 1,
    serverVersionNumber: 180004,
    searchPath: ['pg_catalog', 'public'],
    relations,
    functions,
    userOperators: [],
    ...rest,
  };
}

/** The statements of an understood text; a text that is not understood fails the test with its reason. */
export function statementsOf(understanding: Understanding): readonly ParsedStatement[] {
  if (understanding.status === 'understood') return understanding.statements;
  throw new Error(`${understanding.code}: ${understanding.reason}`);
}

/** Names only, for short expectations. */
export const named = (list: readonly { readonly name: string }[]): readonly string[] => list.map((one) => one.name);

export function brief(effects: Effects): unknown {
  return {
    kinds: [...effects.kinds].sort(),
    reads: named(effects.reads),
    writes: named(effects.writes),
  };
}
