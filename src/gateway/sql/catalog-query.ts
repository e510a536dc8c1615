import type { CatalogColumn, CatalogFunction, CatalogQuery, CatalogRelation, CatalogSnapshot } from './catalog.ts';
import { loadBehaviour, SUPPORT } from './catalog-behaviour.ts';
import { loadRowSecurity } from './catalog-row-security.ts';
import { groupBy, isTrue, type Row, text } from './catalog-rows.ts';
import { loadTypes } from './catalog-types.ts';

/**
 * pg_class.reltuples of `c`, -1 where the table was never vacuumed nor analysed. Before PostgreSQL 14 the server says 0 for
 * that, as for an empty one: a table whose rows nobody has counted is not one without rows.
 */
export const COUNTED_ROWS = `CASE WHEN c.reltuples = 0 AND c.relpages = 0
    AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 140000 THEN -1 ELSE c.reltuples END`;

/** Written so that PostgreSQL 13 to 18 take them; every name is qualified because the side connection's path may be anything. */
const RELATIONS = `
SELECT c.oid, n.nspname, c.relname, c.relkind, ${COUNTED_ROWS},
  (c.relhastriggers AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'),
  CASE WHEN c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    THEN pg_catalog.pg_get_viewdef(c.oid) END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_toast'`;

const COLUMNS = `
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
LEFT JOIN pg_catalog.pg_attrdef d ON a.attgenerated <> '' AND d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`;

const COMMENTS = `
SELECT d.objoid || '.' || d.objsubid, pg_catalog.left(d.description, 2000) FROM pg_catalog.pg_description d
WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0 AND d.objoid >= 16384`;

// A deferrable unique index may be violated inside a transaction, so it is no key here.
const UNIQUE_KEYS = `
SELECT i.indexrelid, i.indrelid, a.attname
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
  AND k.position <= i.indnkeyatts
ORDER BY i.indexrelid, k.position`;

const INDEXED = `
SELECT DISTINCT i.indrelid, a.attname
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = c.relam AND m.amname = 'btree'
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indisvalid AND i.indpred IS NULL
ORDER BY 1, 2`;

const PARENTS = 'SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits';

const VIEW_DEPENDENCIES = `
SELECT DISTINCT r.ev_class, d.refobjid, d.refobjsubid
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class AND r.rulename = '_RETURN'`;

const FUNCTIONS = `
SELECT n.nspname, p.proname, p.provolatile, p.prosecdef, l.lanname,
  CASE WHEN p.proconfig IS NOT NULL OR p.prokind NOT IN ('f', 'p') THEN NULL
    WHEN l.lanname = 'sql' AND p.prosrc <> '' THEN p.prosrc
    WHEN l.lanname = 'plpgsql' THEN pg_catalog.pg_get_functiondef(p.oid) END,
  (SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e' LIMIT 1),
  p.proretset
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')`;

// ORDER BY … USING an operator sorts by the other functions of its family.
const OPERATORS = `
SELECT DISTINCT o.oprname, pn.nspname, p.proname FROM pg_catalog.pg_operator o
JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
CROSS JOIN LATERAL (SELECT o.oprcode::pg_catalog.oid AS function UNION SELECT s.function FROM (${SUPPORT}) AS s
  JOIN pg_catalog.pg_amop a ON a.amopfamily = s.family AND a.amopopr = o.oid) AS f
LEFT JOIN pg_catalog.pg_proc p ON p.oid = f.function
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
WHERE n.nspname <> 'pg_catalog' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')`;

const SETTINGS = `
SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.array_to_json(pg_catalog.current_schemas(true))::text`;

/**
 * Reads the catalog over a side connection: up to eighteen queries, in order (about 0.1 s for a small database). The search path is
 * the one of that connection, so it must be the same user and database as the session's. Indexes are left out. Rejects with whatever `query` rejects with.
 */
export async function loadCatalog(query: CatalogQuery, version: number): Promise<CatalogSnapshot> {
  const [settings] = await query(SETTINGS);
  const comments = new Map((await query(COMMENTS)).map((row) => [text(row[0]), text(row[1])]));
  const columns = groupBy(
    await query(COLUMNS),
    (row): CatalogColumn => ({
      ...commentOf(comments.get(`${row[0]}.${row[1]}`)),
      attributeNumber: Number(row[1]),
      name: text(row[2]),
      typeOid: Number(row[3]),
      type: text(row[4]),
      generated: row[5] ?? null,
    }),
  );
  const keys = uniqueKeys(await query(UNIQUE_KEYS));
  const indexed = groupBy(await query(INDEXED), (row) => text(row[1]));
  const parents = groupBy(await query(PARENTS), (row) => Number(row[1]));
  const dependencies = groupBy(await query(VIEW_DEPENDENCIES), (row) => ({
    oid: Number(row[1]),
    attributeNumber: Number(row[2]),
  }));
  const behaviour = await loadBehaviour(query);
  const rowSecurity = await loadRowSecurity(query);
  const all = (await query(RELATIONS)).map((row): CatalogRelation => {
    const oid = text(row[0]);
    const policies = rowSecurity.get(oid);
    return {
      oid: Number(oid),
      schema: text(row[1]),
      name: text(row[2]),
      kind: text(row[3]),
      columns: columns.get(oid) ?? [],
      uniqueKeys: keys.get(oid) ?? [],
      indexed: indexed.get(oid) ?? [],
      parents: parents.get(oid) ?? [],
      definition: row[6] ?? null,
      dependsOn: dependencies.get(oid) ?? [],
      hasTriggers: isTrue(row[5]),
      triggers: behaviour.triggers.get(oid) ?? [],
      rules: behaviour.rules.get(oid) ?? [],
      calls: behaviour.calls.get(oid) ?? [],
      ...(policies === undefined ? {} : { rowSecurity: policies }),
      estimatedRows: Number(row[4]),
    };
  });
  const isTemporary = ({ schema }: CatalogRelation): boolean => schema.startsWith('pg_temp_');
  const functions = (await query(FUNCTIONS)).map(functionOf);
  const operators = await query(OPERATORS);
  const searchPath: unknown = JSON.parse(settings?.[1] ?? '[]');
  return {
    version,
    serverVersionNumber: Number(settings?.[0] ?? 0),
    searchPath: Array.isArray(searchPath) ? searchPath.map(String) : [],
    relations: all.filter((relation) => !isTemporary(relation)),
    functions,
    userOperators: [...new Set(operators.map((row) => text(row[0])))],
    operatorCalls: operators.map((row) => ({
      operator: text(row[0]),
      called: { schema: text(row[1]), name: text(row[2]) },
    })),
    foreignKeys: behaviour.foreignKeys,
    typeCalls: behaviour.typeCalls,
    signatureCalls: behaviour.signatureCalls,
    types: await loadTypes(query),
    temporary: all.filter(isTemporary),
  };
}

const commentOf = (comment: string | undefined): Pick<CatalogColumn, 'comment'> =>
  comment === undefined ? {} : { comment };

function functionOf(row: Row): CatalogFunction {
  const volatility = row[2];
  const extension = row[6] ?? null;
  return {
    schema: text(row[0]),
    name: text(row[1]),
    volatility: volatility === 'i' || volatility === 's' ? volatility : 'v',
    securityDefiner: row[3] !== 'f' && row[3] !== 'false',
    language: text(row[4]),
    body: row[5] ?? null,
    fromExtension: extension !== null,
    ...(extension === null ? {} : { extension }),
    ...(isTrue(row[7]) && { returnsSet: true }),
  };
}

/** Column names of each index, by the OID of its table. */
function uniqueKeys(rows: readonly Row[]): ReadonlyMap<string, string[][]> {
  const byIndex = groupBy(rows, (row) => ({ table: text(row[1]), column: text(row[2]) }));
  const byTable = new Map<string, string[][]>();
  for (const members of byIndex.values()) {
    const table = members[0]?.table ?? '';
    byTable.set(table, [...(byTable.get(table) ?? []), members.map((member) => member.column)]);
  }
  return byTable;
}
