import type {
  CatalogForeignKey,
  CatalogQuery,
  CatalogSnapshot,
  CatalogTrigger,
  QualifiedName,
  WriteEvent,
} from './catalog.ts';
import { groupBy, text } from './catalog-rows.ts';

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

/** Functions behind what pg_depend says that an object uses: named directly, or through an operator. */
export const CALLED = `
  SELECT d.classid, d.objid, d.refobjid AS function FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  UNION ALL
  SELECT d.classid, d.objid, o.oprcode FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_operator o ON o.oid = d.refobjid
    WHERE d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass`;

const RELATION_CALLS = `
WITH called AS MATERIALIZED (${CALLED}), used AS (
  SELECT a.adrelid AS relation, c.function FROM called c
    JOIN pg_catalog.pg_attrdef a ON c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND a.oid = c.objid
  UNION SELECT k.conrelid, c.function FROM called c
    JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = c.objid
  UNION SELECT i.indrelid, c.function FROM called c
    JOIN pg_catalog.pg_index i ON c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = c.objid
  UNION SELECT c.objid, c.function FROM called c WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  UNION SELECT t.tgrelid, c.function FROM called c
    JOIN pg_catalog.pg_trigger t ON c.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = c.objid
      AND t.tgfoid <> c.function)
SELECT u.relation, n.nspname, p.proname FROM used u
JOIN pg_catalog.pg_proc p ON p.oid = u.function
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE u.relation <> 0 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT ${fromExtension('p.oid')}`;

/** Domains whose checks call user functions, types cast by user functions, and all types made of them. */
const TYPE_CALLS = `
WITH RECURSIVE called AS MATERIALIZED (${CALLED}), uses(type, function) AS (
  SELECT k.contypid, c.function FROM called c
    JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = c.objid
    WHERE k.contypid <> 0
  UNION SELECT t.type, c.castfunc FROM pg_catalog.pg_cast c
    CROSS JOIN LATERAL (VALUES (c.castsource), (c.casttarget)) AS t(type) WHERE c.castfunc >= 16384
  UNION SELECT t.oid, u.function FROM uses u JOIN pg_catalog.pg_type t ON t.typbasetype = u.type OR t.typelem = u.type
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.atttypid = u.type
      AND a.attnum > 0 AND NOT a.attisdropped AND t.typrelid <> 0))
SELECT u.type, t.typname, n.nspname, p.proname FROM uses u
JOIN pg_catalog.pg_type t ON t.oid = u.type
JOIN pg_catalog.pg_proc p ON p.oid = u.function
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT ${fromExtension('p.oid')}`;

/** What relations and types do by themselves when they are used; keys are OIDs as text. */
export interface Behaviour {
  readonly triggers: ReadonlyMap<string, readonly CatalogTrigger[]>;
  readonly rules: ReadonlyMap<string, readonly WriteEvent[]>;
  readonly calls: ReadonlyMap<string, readonly QualifiedName[]>;
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly typeCalls: NonNullable<CatalogSnapshot['typeCalls']>;
}

/** Reads triggers, rules, foreign keys and the functions that hang on relations and types. Five queries. */
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
  const calls = groupBy(await query(RELATION_CALLS), (row) => ({ schema: text(row[1]), name: text(row[2]) }));
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
  const types = groupBy(await query(TYPE_CALLS), (row) => ({
    typeName: text(row[1]),
    called: { schema: text(row[2]), name: text(row[3]) },
  }));
  const typeCalls = [...types].map(([oid, uses]) => ({
    oid: Number(oid),
    name: uses[0]?.typeName ?? '',
    calls: uses.map(({ called }) => called),
  }));
  return { triggers, rules, calls, foreignKeys, typeCalls };
}

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
