import { listAt, nameParts, type SyntaxNode, stringAt, tagged, untag } from '../sql/tree.ts';

/** What a definition does to what is there: nothing, makes or changes without loss, or takes away. */
export type DefinitionLevel = 'nothing' | 'makes' | 'takes_away';

/** Commands (effects.command) that lose no rows and run no code of somebody else's later on. */
const MAKES = new Set([
  'CREATE TABLE',
  'CREATE INDEX',
  'CREATE SEQUENCE',
  'CREATE TYPE',
  'CREATE DOMAIN',
  'CREATE VIEW',
  'CREATE MATERIALIZED VIEW',
  'CREATE SCHEMA',
  'SELECT INTO',
  'ALTER SEQUENCE',
  'DROP INDEX',
  'DROP VIEW',
  'DROP MATERIALIZED VIEW',
]);

const TAKES_AWAY = new Set([
  'DROP TABLE',
  'DROP FOREIGN TABLE',
  'DROP SCHEMA',
  'DROP SEQUENCE',
  'DROP TYPE',
  'DROP DOMAIN',
]);

const CARRIED = new Set(['DROP TYPE', 'DROP DOMAIN']);

const COMMENTED = new Set(['TABLE', 'COLUMN', 'INDEX', 'TYPE', 'SCHEMA', 'VIEW', 'SEQUENCE', 'TABCONSTRAINT']);

/** Parts of ALTER TABLE that keep all rows (PostgreSQL's AlterTableType). */
const ALTER_MAKES = new Set([
  'AT_AddColumn',
  'AT_AddConstraint',
  'AT_AddIdentity',
  'AT_AlterConstraint',
  'AT_ColumnDefault',
  'AT_DropConstraint',
  'AT_DropNotNull',
  'AT_SetIdentity',
  'AT_SetNotNull',
  'AT_SetStatistics',
  'AT_SetStorage',
  'AT_ValidateConstraint',
]);
const ALTER_TAKES_AWAY = new Set(['AT_AlterColumnType', 'AT_DropColumn', 'AT_DropIdentity']);

const RENAMED = new Set([
  'OBJECT_TABLE',
  'OBJECT_COLUMN',
  'OBJECT_INDEX',
  'OBJECT_VIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_TABCONSTRAINT',
]);

/**
 * How far a definition goes. Null for all that migrations rarely do and that decides who may do what, or what code runs:
 * functions, triggers, rules, extensions, owners, policies, moves to another schema. Such a statement stands alone.
 */
export function definitionLevel(tree: unknown, command: string | null, object: string | null): DefinitionLevel | null {
  const statement = tagged(tree);
  if (statement === null || command === null) return null;
  const { tag, node } = statement;
  if (command.startsWith('COMMENT ON')) return COMMENTED.has(object ?? '') ? 'nothing' : null;
  switch (tag) {
    case 'AlterTableStmt':
      return alterLevel(node);
    case 'AlterEnumStmt':
      return 'makes';
    case 'RenameStmt':
      return RENAMED.has(stringAt(node, 'renameType')) ? 'makes' : null;
    case 'CreateSchemaStmt':
      return listAt(node, 'schemaElts').length === 0 && node.authrole === undefined ? 'makes' : null;
    case 'DropStmt':
      // Columns of the type, in whatever schema, would go with it.
      if (CARRIED.has(command) && node.behavior === 'DROP_CASCADE') return null;
      return MAKES.has(command) ? 'makes' : TAKES_AWAY.has(command) ? 'takes_away' : null;
    case 'AlterObjectSchemaStmt':
    case 'AlterOwnerStmt':
    case 'AlterTypeStmt':
      return null;
    default:
      return MAKES.has(command) ? 'makes' : TAKES_AWAY.has(command) ? 'takes_away' : null;
  }
}

function alterLevel(node: SyntaxNode): DefinitionLevel | null {
  let level: DefinitionLevel = 'makes';
  for (const member of listAt(node, 'cmds')) {
    const subtype = stringAt(untag(member, 'AlterTableCmd') ?? {}, 'subtype');
    if (ALTER_TAKES_AWAY.has(subtype)) level = 'takes_away';
    else if (!ALTER_MAKES.has(subtype)) return null;
  }
  return level;
}

/**
 * Schemas of what a definition makes or drops besides relations: schemas themselves, types, domains. Null in the place of
 * a name without schema.
 */
export function definedSchemas(tree: unknown): readonly (string | null)[] {
  const statement = tagged(tree);
  if (statement === null) return [];
  const { tag, node } = statement;
  switch (tag) {
    case 'CreateSchemaStmt':
      return [stringAt(node, 'schemaname') || null];
    case 'CreateEnumStmt':
    case 'CreateRangeStmt':
    case 'AlterEnumStmt':
      return [schemaOf(listAt(node, 'typeName'))];
    case 'CreateDomainStmt':
      return [schemaOf(listAt(node, 'domainname'))];
    case 'DropStmt':
      return droppedSchemas(node);
    default:
      return [];
  }
}

function droppedSchemas(node: SyntaxNode): readonly (string | null)[] {
  const kind = stringAt(node, 'removeType');
  if (kind === 'OBJECT_SCHEMA') return nameParts(listAt(node, 'objects'));
  if (kind !== 'OBJECT_TYPE' && kind !== 'OBJECT_DOMAIN') return [];
  return listAt(node, 'objects').map((member) => schemaOf(listAt(untag(member, 'TypeName') ?? {}, 'names')));
}

const schemaOf = (name: readonly unknown[]): string | null => nameParts(name).at(-2) ?? null;
