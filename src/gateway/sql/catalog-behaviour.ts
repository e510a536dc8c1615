import type {
  CatalogCall,
  CatalogForeignKey,
  CatalogQuery,
  CatalogSnapshot,
  CatalogTrigger,
  WriteEvent,
} from './catalog.ts';
import { groupBy, isTrue, type Row, text } from './catalog-rows.ts';
import { HARMLESS_FUNCTIONS } from './harmless-functions.ts';

const TRIGGERS = `
SELECT t.tgrelid, n.nspname, p.proname, t.tgtype
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'`;

const RULES = `
SELECT ev_class, ev_type FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN' AND ev_enabled <> 'D'`;

const columnNames = (relation: string, key: string): string => `pg_catalog.array_to_json(ARRAY(
    SELECT a.attname FROM pg_catalog.unnest(c.${key}) WITH ORDINALITY AS k(attnum, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.${relation} AND a.attnum = k.attnum ORDER BY k.position))::text`;

const FOREIGN_KEYS = `
SELECT c.conrelid, c.confrelid, c.confdeltype, c.confupdtype,
  ${columnNames('conrelid', 'conkey')}, ${columnNames('confrelid', 'confkey')}
FROM pg_catalog.pg_constraint c WHERE c.contype = 'f'`;

/** An extension's own functions are trusted where the owner of a table put them; those of initdb are never in pg_depend. */
const fromExtension = (oid: string): string => `EXISTS (SELECT FROM pg_catalog.pg_depend e
  WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** Functions that operator families hand to sorting, grouping, hashing and indexes, by family; initdb's are of no interest. */
export const SUPPORT = `
  SELECT p.amprocfamily AS family, p.amproclefttype AS lefttype, p.amprocrighttype AS righttype, p.amproc::pg_catalog.oid AS function
    FROM pg_catalog.pg_amproc p WHERE p.amproc::pg_catalog.oid >= 16384
  UNION ALL
  SELECT a.amopfamily, a.amoplefttype, a.amoprighttype, o.oprcode::pg_catalog.oid
    FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_operator o ON o.oid = a.amopopr WHERE o.oprcode::pg_catalog.oid >= 16384`;

/** Functions behind what pg_depend says that an object uses: named directly, through an operator, or through an operator class. */
export const CALLED = `
  SELECT d.classid, d.objid, d.refobjid AS function FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  UNION ALL
  SELECT d.classid, d.objid, o.oprcode FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_operator o ON o.oid = d.refobjid
    WHERE d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
  UNION ALL
  SELECT d.classid, d.objid, s.function FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_opclass k ON k.oid = d.refobjid JOIN (${SUPPORT}) AS s ON s.family = k.opcfamily
    WHERE d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass`;

/**
 * Functions called in a stored expression (pg_node_tree prints them as `:funcid N`), for those of the server: pg_depend does
 * not have them. VOLATILE ones alone can do something.
 */
const ofServerIn = (
  tree: string,
): string => `pg_catalog.regexp_matches(${tree}::pg_catalog.text, ':funcid ([0-9]+)', 'g') AS f(m)
    JOIN pg_catalog.pg_proc v ON v.oid = f.m[1]::pg_catalog.oid AND v.oid < 16384 AND v.provolatile = 'v'`;

/** Users' functions by name, but for extensions' own; and what `ofServerIn` found. */
const NAMED = `
JOIN pg_catalog.pg_proc p ON p.oid = u.function
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE (p.oid < 16384 OR n.nspname NOT IN ('pg_catalog', 'information_schema')) AND NOT ${fromExtension('p.oid')}`;

/** The last column says which do not run when rows are read: defaults, conditions of triggers, statistics (ANALYZE). */
const RELATION_CALLS = `
WITH called AS MATERIALIZED (${CALLED}), used AS (
  SELECT a.adrelid AS relation, c.function, d.attgenerated = '' AS writing FROM called c
    JOIN pg_catalog.pg_attrdef a ON c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND a.oid = c.objid
    JOIN pg_catalog.pg_attribute d ON d.attrelid = a.adrelid AND d.attnum = a.adnum
  UNION SELECT k.conrelid, c.function, false FROM called c
    JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = c.objid
  UNION SELECT i.indrelid, c.function, false FROM called c
    JOIN pg_catalog.pg_index i ON c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = c.objid
  UNION SELECT c.objid, c.function, false FROM called c WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  UNION SELECT t.tgrelid, c.function, true FROM called c
    JOIN pg_catalog.pg_trigger t ON c.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = c.objid
      AND t.tgfoid <> c.function
  UNION SELECT x.stxrelid, c.function, true FROM called c
    JOIN pg_catalog.pg_statistic_ext x ON c.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND x.oid = c.objid
  UNION SELECT a.adrelid, v.oid, true FROM pg_catalog.pg_attrdef a, ${ofServerIn('a.adbin')} AND v.proname <> 'nextval'
  UNION SELECT k.conrelid, v.oid, true FROM pg_catalog.pg_constraint k, ${ofServerIn('k.conbin')} WHERE k.contype = 'c'
  UNION SELECT t.tgrelid, v.oid, true FROM pg_catalog.pg_trigger t, ${ofServerIn('t.tgqual')})
SELECT u.relation, n.nspname, p.proname, u.writing FROM used u ${NAMED} AND u.relation <> 0`;

/**
 * Types whose values run user functions: checks of a domain, casts, input and output in C, the default operator class that
 * sorts and groups them; and all types made of these. Functions in LANGUAGE internal are names for the server's own.
 */
const TYPE_USES = `
WITH RECURSIVE called AS MATERIALIZED (${CALLED}), uses(type, function) AS (
  SELECT k.contypid, c.function FROM called c
    JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = c.objid
    WHERE k.contypid <> 0
  UNION SELECT t.type, c.castfunc FROM pg_catalog.pg_cast c
    CROSS JOIN LATERAL (VALUES (c.castsource), (c.casttarget)) AS t(type) WHERE c.castfunc >= 16384
  UNION SELECT c.objid, c.function FROM called c WHERE c.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
  UNION SELECT t.type, s.function FROM (${SUPPORT}) AS s
    CROSS JOIN LATERAL (VALUES (s.lefttype), (s.righttype)) AS t(type)
    WHERE (t.type >= 16384 OR s.lefttype = s.righttype) AND EXISTS (SELECT FROM pg_catalog.pg_opclass k
      WHERE k.opcfamily = s.family AND k.opcdefault AND k.opcintype = t.type)
  UNION SELECT k.contypid, v.oid FROM pg_catalog.pg_constraint k, ${ofServerIn('k.conbin')} WHERE k.contypid <> 0
  UNION SELECT t.oid, u.function FROM uses u JOIN pg_catalog.pg_type t ON t.typbasetype = u.type OR t.typelem = u.type
    OR EXISTS (SELECT FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid AND r.rngsubtype = u.type)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.atttypid = u.type
      AND a.attnum > 0 AND NOT a.attisdropped AND t.typrelid <> 0)), of_users AS (
  SELECT u.type, n.nspname, p.proname FROM uses u ${NAMED}
  AND (p.oid < 16384 OR p.prolang <> (SELECT l.oid FROM pg_catalog.pg_language l WHERE l.lanname = 'internal')))`;

const TYPE_CALLS = `${TYPE_USES}
SELECT u.type, t.typname, u.nspname, u.proname FROM of_users u JOIN pg_catalog.pg_type t ON t.oid = u.type`;

/** Users' functions that take or give such values: the caller need not name the type. */
const SIGNATURE_CALLS = `${TYPE_USES}
SELECT DISTINCT p.proname, u.nspname, u.proname FROM of_users u JOIN pg_catalog.pg_proc p ON p.oid >= 16384
  AND (p.prorettype = u.type OR u.type = ANY (p.proargtypes) OR u.type = ANY (p.proallargtypes))`;

/** What relations and types do by themselves when they are used; keys are OIDs as text. */
export interface Behaviour {
  readonly triggers: ReadonlyMap<string, readonly CatalogTrigger[]>;
  readonly rules: ReadonlyMap<string, readonly WriteEvent[]>;
  readonly calls: ReadonlyMap<string, readonly CatalogCall[]>;
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly typeCalls: NonNullable<CatalogSnapshot['typeCalls']>;
  readonly signatureCalls: NonNullable<CatalogSnapshot['signatureCalls']>;
}

/** Reads triggers, rules, foreign keys and the functions that hang on relations and types. Up to six queries. */
export async function loadBehaviour(query: CatalogQuery): Promise<Behaviour> {
  const triggers = groupBy(await query(TRIGGERS), (row): CatalogTrigger => {
    const type = Number(row[3]);
    return {
      function: { schema: text(row[1]), name: text(row[2]) },
      events: TRIGGER_EVENTS.flatMap(([bit, event]) => ((type & bit) === 0 ? [] : [event])),
      instead: (type & TRIGGER_INSTEAD) !== 0,
    };
  });
  const rules = groupBy(await query(RULES), (row): WriteEvent => RULE_EVENTS[text(row[1])] ?? 'insert');
  const calls = groupBy(
    (await query(RELATION_CALLS)).filter(isOfInterest),
    (row): CatalogCall => ({ schema: text(row[1]), name: text(row[2]), ...(isTrue(row[3]) && { writing: true }) }),
  );
  const foreignKeys = (await query(FOREIGN_KEYS)).map(
    (row): CatalogForeignKey => ({
      referencing: Number(row[0]),
      referencingColumns: namesOf(row[4]),
      referenced: Number(row[1]),
      referencedColumns: namesOf(row[5]),
      onDelete: text(row[2]),
      onUpdate: text(row[3]),
    }),
  );
  const types = groupBy(
    (await query(TYPE_CALLS)).filter((row) => isOfInterest(row.slice(1))),
    (row) => ({
      typeName: text(row[1]),
      called: { schema: text(row[2]), name: text(row[3]) },
    }),
  );
  const typeCalls = [...types].map(([oid, uses]) => ({
    oid: Number(oid),
    name: uses[0]?.typeName ?? '',
    calls: uses.map(({ called }) => called),
  }));
  const signatures = typeCalls.length === 0 ? [] : (await query(SIGNATURE_CALLS)).filter(isOfInterest);
  const signatureCalls = signatures.map((row) => ({
    name: text(row[0]),
    called: { schema: text(row[1]), name: text(row[2]) },
  }));
  return { triggers, rules, calls, foreignKeys, typeCalls, signatureCalls };
}

/** Whether a function, in the second and third column, is a user's or one of the server's that is not on the list of harmless ones. */
const isOfInterest = ([, schema, name]: Row): boolean => schema !== 'pg_catalog' || !HARMLESS_FUNCTIONS.has(text(name));

/** pg_trigger.tgtype (catalog/pg_trigger.h). */
const TRIGGER_EVENTS: readonly (readonly [bit: number, event: WriteEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];
const TRIGGER_INSTEAD = 64;

/** pg_rewrite.ev_type. */
const RULE_EVENTS: Readonly<Record<string, WriteEvent>> = { '2': 'update', '3': 'insert', '4': 'delete' };

function namesOf(json: string | null | undefined): readonly string[] {
  const names: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(names) ? names.map(String) : [];
}
