import type { EffectKind } from '../../contract/index.ts';
import type { Place } from './draft.ts';
import { noteUse } from './functions.ts';
import { noteReadThroughView } from './reads.ts';
import { noteWrite } from './relations.ts';
import { listAt, nameParts, nodeAt, type SyntaxNode, stringAt, tagged } from './tree.ts';

/** One family of definition statements: its kind, its command, and its object when the node does not say. */
type Definition = readonly [kind: EffectKind, command: string, object?: string];

/**
 * Every statement that defines, changes or removes something and is not a data change, with the manual's words. `dcl` is
 * whatever changes who may do what; LOAD, extensions and foreign servers are `ddl` with an object that rules single out.
 */
const DEFINITIONS: Readonly<Record<string, Definition>> = {
  AlterCollationStmt: ['ddl', 'ALTER', 'COLLATION'],
  AlterDatabaseRefreshCollStmt: ['ddl', 'ALTER', 'DATABASE'],
  AlterDatabaseSetStmt: ['ddl', 'ALTER', 'DATABASE'],
  AlterDatabaseStmt: ['ddl', 'ALTER', 'DATABASE'],
  AlterDefaultPrivilegesStmt: ['dcl', 'ALTER', 'DEFAULT PRIVILEGES'],
  AlterDomainStmt: ['ddl', 'ALTER', 'DOMAIN'],
  AlterEnumStmt: ['ddl', 'ALTER', 'TYPE'],
  AlterEventTrigStmt: ['ddl', 'ALTER', 'EVENT TRIGGER'],
  AlterExtensionContentsStmt: ['ddl', 'ALTER', 'EXTENSION'],
  AlterExtensionStmt: ['ddl', 'ALTER', 'EXTENSION'],
  AlterFdwStmt: ['ddl', 'ALTER', 'FOREIGN DATA WRAPPER'],
  AlterForeignServerStmt: ['ddl', 'ALTER', 'SERVER'],
  AlterFunctionStmt: ['ddl', 'ALTER'],
  AlterObjectDependsStmt: ['ddl', 'ALTER'],
  AlterObjectSchemaStmt: ['ddl', 'ALTER'],
  AlterOpFamilyStmt: ['ddl', 'ALTER', 'OPERATOR FAMILY'],
  AlterOperatorStmt: ['ddl', 'ALTER', 'OPERATOR'],
  AlterOwnerStmt: ['ddl', 'ALTER'],
  AlterPolicyStmt: ['dcl', 'ALTER', 'POLICY'],
  AlterPublicationStmt: ['ddl', 'ALTER', 'PUBLICATION'],
  AlterRoleSetStmt: ['dcl', 'ALTER', 'ROLE'],
  AlterRoleStmt: ['dcl', 'ALTER', 'ROLE'],
  AlterSeqStmt: ['ddl', 'ALTER', 'SEQUENCE'],
  AlterStatsStmt: ['ddl', 'ALTER', 'STATISTICS'],
  AlterSubscriptionStmt: ['ddl', 'ALTER', 'SUBSCRIPTION'],
  AlterTSConfigurationStmt: ['ddl', 'ALTER', 'TEXT SEARCH CONFIGURATION'],
  AlterTSDictionaryStmt: ['ddl', 'ALTER', 'TEXT SEARCH DICTIONARY'],
  AlterTableMoveAllStmt: ['ddl', 'ALTER'],
  AlterTableSpaceOptionsStmt: ['ddl', 'ALTER', 'TABLESPACE'],
  AlterTableStmt: ['ddl', 'ALTER'],
  AlterTypeStmt: ['ddl', 'ALTER', 'TYPE'],
  AlterUserMappingStmt: ['ddl', 'ALTER', 'USER MAPPING'],
  CommentStmt: ['ddl', 'COMMENT ON'],
  CompositeTypeStmt: ['ddl', 'CREATE', 'TYPE'],
  CreateAmStmt: ['ddl', 'CREATE', 'ACCESS METHOD'],
  CreateCastStmt: ['ddl', 'CREATE', 'CAST'],
  CreateConversionStmt: ['ddl', 'CREATE', 'CONVERSION'],
  CreateDomainStmt: ['ddl', 'CREATE', 'DOMAIN'],
  CreateEnumStmt: ['ddl', 'CREATE', 'TYPE'],
  CreateEventTrigStmt: ['ddl', 'CREATE', 'EVENT TRIGGER'],
  CreateExtensionStmt: ['ddl', 'CREATE', 'EXTENSION'],
  CreateFdwStmt: ['ddl', 'CREATE', 'FOREIGN DATA WRAPPER'],
  CreateForeignServerStmt: ['ddl', 'CREATE', 'SERVER'],
  CreateForeignTableStmt: ['ddl', 'CREATE', 'FOREIGN TABLE'],
  CreateFunctionStmt: ['ddl', 'CREATE', 'FUNCTION'],
  CreateOpClassStmt: ['ddl', 'CREATE', 'OPERATOR CLASS'],
  CreateOpFamilyStmt: ['ddl', 'CREATE', 'OPERATOR FAMILY'],
  CreatePLangStmt: ['ddl', 'CREATE', 'LANGUAGE'],
  CreatePolicyStmt: ['dcl', 'CREATE', 'POLICY'],
  CreatePublicationStmt: ['ddl', 'CREATE', 'PUBLICATION'],
  CreateRangeStmt: ['ddl', 'CREATE', 'TYPE'],
  CreateRoleStmt: ['dcl', 'CREATE', 'ROLE'],
  CreateSchemaStmt: ['ddl', 'CREATE', 'SCHEMA'],
  CreateSeqStmt: ['ddl', 'CREATE', 'SEQUENCE'],
  CreateStatsStmt: ['ddl', 'CREATE', 'STATISTICS'],
  CreateStmt: ['ddl', 'CREATE', 'TABLE'],
  CreateSubscriptionStmt: ['ddl', 'CREATE', 'SUBSCRIPTION'],
  CreateTableSpaceStmt: ['ddl', 'CREATE', 'TABLESPACE'],
  CreateTransformStmt: ['ddl', 'CREATE', 'TRANSFORM'],
  CreateTrigStmt: ['ddl', 'CREATE', 'TRIGGER'],
  CreateUserMappingStmt: ['ddl', 'CREATE', 'USER MAPPING'],
  CreatedbStmt: ['ddl', 'CREATE', 'DATABASE'],
  DefineStmt: ['ddl', 'CREATE'],
  DropOwnedStmt: ['dcl', 'DROP', 'OWNED'],
  DropRoleStmt: ['dcl', 'DROP', 'ROLE'],
  DropStmt: ['ddl', 'DROP'],
  DropSubscriptionStmt: ['ddl', 'DROP', 'SUBSCRIPTION'],
  DropTableSpaceStmt: ['ddl', 'DROP', 'TABLESPACE'],
  DropUserMappingStmt: ['ddl', 'DROP', 'USER MAPPING'],
  DropdbStmt: ['ddl', 'DROP', 'DATABASE'],
  GrantRoleStmt: ['dcl', 'GRANT', 'ROLE'],
  GrantStmt: ['dcl', 'GRANT'],
  ImportForeignSchemaStmt: ['ddl', 'IMPORT', 'FOREIGN SCHEMA'],
  IndexStmt: ['ddl', 'CREATE', 'INDEX'],
  LoadStmt: ['ddl', 'LOAD', 'LIBRARY'],
  ReassignOwnedStmt: ['dcl', 'REASSIGN', 'OWNED'],
  RenameStmt: ['ddl', 'ALTER'],
  ReplicaIdentityStmt: ['ddl', 'ALTER', 'TABLE'],
  RuleStmt: ['ddl', 'CREATE', 'RULE'],
  SecLabelStmt: ['dcl', 'SECURITY LABEL ON'],
  ViewStmt: ['ddl', 'CREATE', 'VIEW'],
  CheckPointStmt: ['maintenance', 'CHECKPOINT', 'SERVER'],
  ClusterStmt: ['maintenance', 'CLUSTER', 'TABLE'],
  RefreshMatViewStmt: ['maintenance', 'REFRESH', 'MATERIALIZED VIEW'],
  ReindexStmt: ['maintenance', 'REINDEX'],
  TruncateStmt: ['truncate', 'TRUNCATE', 'TABLE'],
  VacuumStmt: ['maintenance', 'VACUUM', 'TABLE'],
};

/** Fields in which the different nodes name the kind of their object (ObjectType, ReindexObjectType). */
const OBJECT_FIELDS = ['removeType', 'renameType', 'objtype', 'objectType', 'kind'] as const;

export const isDefinition = (type: string): boolean => Object.hasOwn(DEFINITIONS, type);

/** Notes a definition statement. Relations in it are written, except below a query. */
export function collectDefinition(type: string, node: SyntaxNode, place: Place): void {
  const definition = DEFINITIONS[type];
  if (definition === undefined) {
    place.draft.unknown.add(type);
    return;
  }
  const [kind, verb, fixedObject] = definition;
  const object = fixedObject ?? objectOf(node);
  const { draft } = place;
  // Policies and roles are dropped and renamed by statements that serve all kinds of objects.
  draft.kinds.add(object === 'POLICY' || object === 'ROLE' ? 'dcl' : kind);
  draft.object ??= object;
  draft.command ??= commandOf(type, node, kind, verb, object);
  if (type === 'AlterTableStmt' && changesRowSecurity(node)) draft.kinds.add('dcl');
  if (type === 'DropStmt') noteDropped(node, place);
  const truncate = { event: 'truncate', columns: null, cascades: node.behavior === 'DROP_CASCADE' } as const;
  place.descend(type, node, { ...place, mode: 'write', ...(kind === 'truncate' ? { changes: [truncate] } : {}) });
  if (RECOMPUTES.has(type)) noteRecomputed(place, type === 'RefreshMatViewStmt');
}

/** Statements that compute stored expressions of their tables anew: indexes, checks, generated columns, whole queries. */
const RECOMPUTES = new Set([
  'AlterTableStmt',
  'ClusterStmt',
  'IndexStmt',
  'RefreshMatViewStmt',
  'ReindexStmt',
  'VacuumStmt',
]);

function noteRecomputed(place: Place, refreshes: boolean): void {
  const { draft, index } = place;
  if (index === null) return;
  for (const { oid } of [...draft.writes.values()]) {
    const relation = oid === null ? null : index.relationByOid(oid);
    if (relation === null) continue;
    noteUse(relation, 'write', place);
    if (refreshes && relation.kind === 'm') noteReadThroughView(place, relation, true);
  }
}

function commandOf(type: string, node: SyntaxNode, kind: EffectKind, verb: string, object: string | null): string {
  if (type === 'GrantStmt' || type === 'GrantRoleStmt') return node.is_grant === true ? 'GRANT' : 'REVOKE';
  if (type === 'VacuumStmt') return node.is_vacuumcmd === true ? 'VACUUM' : 'ANALYZE';
  return kind === 'ddl' || kind === 'dcl' ? `${verb} ${object ?? ''}`.trim() : verb;
}

function objectOf(node: SyntaxNode): string | null {
  // ALTER TABLE … RENAME COLUMN works on the table. relationType means something only there.
  if (node.renameType === 'OBJECT_TABCONSTRAINT') return 'TABLE';
  if (node.renameType === 'OBJECT_COLUMN') return objectOf({ kind: node.relationType });
  for (const field of OBJECT_FIELDS) {
    const value = stringAt(node, field);
    const named = /^(?:OBJECT|REINDEX_OBJECT)_(.+)$/.exec(value)?.[1];
    if (named !== undefined) return named.replace('MATVIEW', 'MATERIALIZED_VIEW').replaceAll('_', ' ');
  }
  return null;
}

/** ALTER TABLE … ROW LEVEL SECURITY changes who sees which rows. */
function changesRowSecurity(node: SyntaxNode): boolean {
  return listAt(node, 'cmds').some((member) => /RowSecurity/.test(stringAt(tagged(member)?.node ?? {}, 'subtype')));
}

const RELATIONS = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
  'OBJECT_FOREIGN_TABLE',
]);

/** Kinds of relations that hold rows or show them, as pg_class.relkind. */
const SHOWS_ROWS = new Set(['r', 'p', 'f', 'm', 'v', 'S']);

/** DROP SCHEMA … CASCADE takes everything in it along. Without CASCADE it drops none but an empty one. */
function noteDroppedSchema(node: SyntaxNode, place: Place): void {
  if (node.behavior !== 'DROP_CASCADE') return;
  const schemas = new Set(nameParts(listAt(node, 'objects')));
  for (const { oid, schema, name, kind } of place.index?.snapshot.relations ?? []) {
    if (schemas.has(schema) && SHOWS_ROWS.has(kind)) noteWrite(place, { schema, name, oid, via: 'cascade' });
  }
}

/** Partitions go with their table; what inherits from it goes with CASCADE. */
function noteDroppedChildren(oid: number, cascades: boolean, place: Place): void {
  const parent = place.index?.relationByOid(oid) ?? null;
  if (parent === null || (parent.kind !== 'p' && !cascades)) return;
  for (const child of place.index?.childrenOf(oid) ?? []) {
    const known = place.index?.relationByOid(child) ?? null;
    if (known === null || place.draft.writes.has(`${known.schema}.${known.name}`)) continue;
    noteWrite(place, { schema: known.schema, name: known.name, oid: child, via: 'inheritance' });
    noteDroppedChildren(child, cascades, place);
  }
}

/** DROP names its relations as lists of strings, not as RangeVars. */
function noteDropped(node: SyntaxNode, place: Place): void {
  if (node.removeType === 'OBJECT_SCHEMA') noteDroppedSchema(node, place);
  if (!RELATIONS.has(stringAt(node, 'removeType'))) return;
  for (const member of listAt(node, 'objects')) {
    const list = tagged(member);
    const parts = list?.tag === 'List' ? nameParts(listAt(list.node, 'items')) : [];
    const name = parts.at(-1) ?? null;
    if (name === null) continue;
    const schema = parts.at(-2) ?? null;
    const known = place.index?.relation(schema, name) ?? null;
    noteWrite(place, { schema: known?.schema ?? schema, name, oid: known?.oid ?? null });
    if (known !== null) noteDroppedChildren(known.oid, node.behavior === 'DROP_CASCADE', place);
  }
}

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW: a definition whose rows come from a query (or an EXECUTE). */
export function collectCreateTableAs(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  draft.kinds.add('ddl');
  draft.object ??= objectOf(node) ?? 'TABLE';
  draft.command ??= `CREATE ${draft.object}`;
  const into = nodeAt(node, 'into');
  if (into !== null) place.collect('IntoClause', into, { ...place, mode: 'write' });
  const query = tagged(node.query);
  if (query !== null) place.collect(query.tag, query.node, { ...place, mode: 'read' });
}
