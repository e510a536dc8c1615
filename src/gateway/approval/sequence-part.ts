import type { SequenceKind } from '../../contract/index.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { type Effects, type ParsedStatement, type RelationReference, takenFrom } from '../sql/effects.ts';
import { definedSchemas, definitionLevel } from './sequence-definitions.ts';

/** What a text would do as one step of a sequence. */
export interface SequencePart {
  /** The least that a sequence has to be for this to be a step of it. */
  readonly needs: SequenceKind;
  /** Whether a sequence is usually made of such steps; small writes come with one and do not make it. */
  readonly typical: boolean;
  /** All that it reads, writes, makes or drops is in these. */
  readonly schemas: readonly string[];
  /** Relations that lose all their rows, or may, or go. */
  readonly removes: readonly RelationReference[];
}

/** Whether a step that needs `needs` may be one of a sequence of `kind`. */
export const reaches = (kind: SequenceKind, needs: SequenceKind): boolean => kind === needs || kind === 'reset';

/** Settings that scripts of migration tools change, and that decide nothing about what statements mean. */
const HARMLESS_SETTINGS = new Set([
  'check_function_bodies',
  'client_min_messages',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'statement_timeout',
]);

const CATALOGS = new Set(['pg_catalog', 'information_schema']);

/** Tables in which tools note which migrations have run, and the tool. */
export const BOOKKEEPING: ReadonlyMap<string, string> = new Map([
  ['_prisma_migrations', 'Prisma'],
  ['__drizzle_migrations', 'Drizzle'],
  ['ar_internal_metadata', 'Rails'],
  ['schema_migrations', 'a migration tool (schema_migrations)'],
  ['django_migrations', 'Django'],
  ['flyway_schema_history', 'Flyway'],
  ['databasechangelog', 'Liquibase'],
  ['databasechangeloglock', 'Liquibase'],
  ['alembic_version', 'Alembic'],
  ['knex_migrations', 'Knex'],
  ['knex_migrations_lock', 'Knex'],
  ['SequelizeMeta', 'Sequelize'],
  ['goose_db_version', 'goose'],
  ['atlas_schema_revisions', 'Atlas'],
  ['__EFMigrationsHistory', 'Entity Framework'],
  ['typeorm_metadata', 'TypeORM'],
  ['kysely_migration', 'Kysely'],
]);

/**
 * What a text, as its statements, would be in a sequence; null when it can be no part of one: when anything of it is not
 * understood, calls code that is not known harmless, changes rights, server objects or settings, or when the schema of
 * anything in it is not certain. An approval of a whole sequence reaches nothing else (decision 0015).
 */
export function sequencePart(
  statements: readonly ParsedStatement[],
  catalog: CatalogSnapshot | null,
): SequencePart | null {
  if (catalog === null) return null;
  const steps = statements.map((statement) => stepOf(statement, homeOf(catalog)));
  const known: Step[] = [];
  for (const step of steps) {
    if (step === null) return null;
    if (step !== 'neutral') known.push(step);
  }
  const [first, ...others] = known;
  if (first === undefined) return null;
  const needs = others.reduce((kind, { needs }) => (kind === needs ? kind : 'reset'), first.needs);
  return {
    needs,
    typical: known.some(({ typical }) => typical),
    schemas: [...new Set(known.flatMap(({ schemas }) => schemas))],
    removes: known.flatMap(({ removes }) => removes),
  };
}

type Step = SequencePart;

/** The schema in which a name without one is made: the first of the search path that is no catalog. */
const homeOf = ({ searchPath }: CatalogSnapshot): string | null =>
  searchPath.find((schema) => !schema.startsWith('pg_')) ?? null;

function stepOf(statement: ParsedStatement, home: string | null): Step | 'neutral' | null {
  const { effects, tree, names } = statement;
  const { kinds, functions, reads, writes } = effects;
  if (!effects.understood || names.length > 0) return null;
  if (
    !functions.every(({ harmless, readsOnly, appendsOnly }) => harmless || readsOnly === true || appendsOnly === true)
  ) {
    return null;
  }
  if (effects.settings.length > 0) return isHarmlessSetting(effects) ? 'neutral' : null;
  if (kinds.every((kind) => kind === 'transaction'))
    return /^(?:BEGIN|START|COMMIT)/.test(effects.command ?? '') ? 'neutral' : null;
  const does = whatItDoes(effects, tree);
  if (does === null || does === 'neutral') return does;
  const schemas = new Set<string>();
  for (const schema of [...writes.map((one) => one.schema), ...definedSchemas(tree)]) {
    const certain = schema ?? home;
    if (certain === null) return null;
    schemas.add(certain);
  }
  for (const { schema } of takenFrom(reads)) {
    if (schema === null) return null;
    if (!CATALOGS.has(schema)) schemas.add(schema);
  }
  if ([...schemas].some((schema) => CATALOGS.has(schema) || schema.startsWith('pg_'))) return null;
  return schemas.size === 0 ? null : { ...does, schemas: [...schemas] };
}

const isHarmlessSetting = ({ kinds, settings, writes }: Effects): boolean =>
  kinds.every((kind) => kind === 'session') &&
  writes.length === 0 &&
  settings.every((name) => HARMLESS_SETTINGS.has(name));

/** What else than these kinds a statement does is never a step of a sequence. */
const STEP_KINDS: ReadonlySet<string> = new Set(['read', 'insert', 'update', 'delete', 'truncate', 'ddl']);

function whatItDoes(effects: Effects, tree: unknown): Omit<Step, 'schemas'> | 'neutral' | null {
  const { kinds, writes, predicate, command } = effects;
  if (kinds.length === 0 || !kinds.every((kind) => STEP_KINDS.has(kind))) return null;
  const none: readonly RelationReference[] = [];
  if (kinds.includes('ddl')) {
    const level = definitionLevel(tree, command ?? null, effects.object);
    if (level === null) return null;
    if (level === 'nothing') return 'neutral';
    if (level === 'makes') return { needs: 'migration', typical: true, removes: none };
    return {
      needs: 'reset',
      typical: true,
      removes: command === 'DROP TABLE' || command === 'DROP SCHEMA' ? writes : none,
    };
  }
  if (kinds.includes('truncate')) return { needs: 'sweep', typical: true, removes: writes };
  const wide = kinds.includes('delete') && (predicate === 'none' || predicate === 'tautology');
  if (wide && !kinds.includes('insert') && !kinds.includes('update')) {
    return { needs: 'sweep', typical: true, removes: writes };
  }
  if (wide) return { needs: 'reset', typical: true, removes: writes };
  if (writes.length === 0) return null;
  const bookkeeping = writes.every(({ name }) => BOOKKEEPING.has(name));
  // A WHERE that no key proves narrow may take all rows as well.
  const removes = kinds.includes('delete') && predicate !== 'key' && !bookkeeping ? writes : none;
  return { needs: bookkeeping ? 'migration' : 'reset', typical: false, removes };
}
