import { z } from 'zod';
import type { MaskRule } from '../../contract/index.ts';
import {
  type CatalogAt,
  type ColumnPlace,
  type CoveredColumn,
  coveredColumns,
  type DatabaseIdentity,
  isRenamed,
  type RenamedColumn,
  type RenamedLook,
} from '../masking/covered.ts';
import type { TextStore } from './text-store.ts';

/** File name in the key folder. */
export const coveredColumnsFile = 'covered-columns.json';

const place = z.strictObject({ schema: z.string(), relation: z.string(), column: z.string() });
const covered = z.strictObject({
  oid: z.number().int(),
  attributeNumber: z.number().int(),
  rule: z.string(),
  was: place,
  now: place.nullable(),
  since: z.number().nullable(),
});
const ofDatabase = z.strictObject({
  connection: z.string(),
  database: z.string(),
  systemIdentifier: z.string().nullable(),
  databaseOid: z.string(),
  columns: z.array(covered),
});
const file = z.strictObject({ version: z.literal(1), databases: z.array(ofDatabase) });
type OfDatabase = Readonly<z.infer<typeof ofDatabase>>;

/** Databases of one name that a connection reached, of which it is remembered what was covered: the latest. */
const keptDatabases = 4;

/** A renamed column, and where it is. */
export type RenamedAt = RenamedColumn & { readonly connection: string; readonly database: string };
/** What tells a renamed column from others. */
export type RenamedKey = Pick<RenamedAt, 'connection' | 'database' | 'oid' | 'attributeNumber'>;

export interface CoveredColumnsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each column that is seen to have left its rule. */
  readonly renamed: (column: RenamedAt) => void;
  /** Told when what is remembered of a connection is something else than before. */
  readonly changed: (connection: string) => void;
  /** The list could not be written down; it holds until the end of this process. */
  readonly unwritten: (error: unknown) => void;
}

const none: readonly RenamedColumn[] = [];

/** In words: `public.people.email`. */
export const placeName = ({ schema, relation, column }: ColumnPlace): string => `${schema}.${relation}.${column}`;

/**
 * Remembers which columns the mask rules of each connection cover, by what a new name does not change. So a column that
 * somebody renames behind the gate's back stays masked until the operator says otherwise (decision 0029).
 */
export class CoveredColumns {
  readonly #store: TextStore;
  readonly #options: CoveredColumnsOptions;
  #databases: readonly OfDatabase[];
  /** The renamed columns of each database, the same array until they change. */
  readonly #renamed = new Map<string, readonly RenamedColumn[]>();
  /** Of which moment the catalog was that was looked at last. */
  readonly #moments = new Map<string, number>();
  #version = 0;

  /** Throws when the list cannot be read or was damaged: to forget it would be to unmask. */
  constructor(store: TextStore, options: CoveredColumnsOptions) {
    this.#store = store;
    this.#options = options;
    this.#databases = read(store);
  }

  /** Another number when a `look` that was taken before may see other columns now. */
  get version(): number {
    return this.#version;
  }

  /**
   * Looks at what the rules of a connection cover in a catalog, and returns what left them by another name. Costs what
   * compiling the rules costs: to be called when catalog or rules are others. Nothing is looked at without rules, as nothing
   * is masked then, nor in a catalog that is older than the last: it would take new names for old ones.
   */
  look(
    connection: string,
    identity: DatabaseIdentity,
    { catalog, moment }: CatalogAt,
    rules: readonly MaskRule[],
  ): RenamedLook {
    if (rules.length === 0) return { columns: none, stale: false };
    const key = keyOf(connection, identity);
    const stale = moment < (this.#moments.get(key) ?? 0);
    if (!stale) {
      this.#moments.set(key, moment);
      this.#update(connection, identity, catalog, rules);
    }
    return { columns: this.#renamedOf(connection, identity), stale };
  }

  #update(
    connection: string,
    identity: DatabaseIdentity,
    catalog: CatalogAt['catalog'],
    rules: readonly MaskRule[],
  ): void {
    const known = this.#databases.find((one) => one.connection === connection && isOf(one, identity));
    const before = known?.columns ?? [];
    const columns = coveredColumns(before, rules, catalog, this.#options.now());
    if (JSON.stringify(columns) !== JSON.stringify(before)) {
      this.#keep(withDatabase(this.#databases, { connection, ...identity, columns: [...columns] }));
      this.#tell(connection, identity.database, before, columns);
    }
  }

  /** Columns of a connection that left their rules by another name, the latest first. */
  renamed(connection: string): readonly RenamedAt[] {
    return this.#databases
      .filter((one) => one.connection === connection)
      .flatMap(({ database, columns }) =>
        columns.filter(isRenamed).map((column) => ({ ...column, connection, database })),
      )
      .sort((one, other) => (other.since ?? 0) - (one.since ?? 0));
  }

  /** The operator says that a renamed column need not be masked. False when it was not masked for its old name. Throws the store's error. */
  forget({ connection, database, oid, attributeNumber }: RenamedKey): boolean {
    const isMeant = (column: CoveredColumn): boolean =>
      column.oid === oid && column.attributeNumber === attributeNumber && isRenamed(column);
    const databases = this.#databases.map((one) =>
      one.connection === connection && one.database === database
        ? { ...one, columns: one.columns.filter((column) => !isMeant(column)) }
        : one,
    );
    const count = (list: readonly OfDatabase[]): number => list.reduce((sum, { columns }) => sum + columns.length, 0);
    if (count(databases) === count(this.#databases)) return false;
    this.#write(databases);
    this.#set(databases);
    this.#options.changed(connection);
    return true;
  }

  #renamedOf(connection: string, identity: DatabaseIdentity): readonly RenamedColumn[] {
    const key = keyOf(connection, identity);
    const before = this.#renamed.get(key);
    const known = this.#databases.find((one) => one.connection === connection && isOf(one, identity));
    const renamed = (known?.columns ?? []).filter(isRenamed);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(renamed)) return before;
    this.#renamed.set(key, renamed);
    return renamed;
  }

  #tell(
    connection: string,
    database: string,
    before: readonly CoveredColumn[],
    columns: readonly CoveredColumn[],
  ): void {
    const known = new Set(before.filter(isRenamed).map((column) => JSON.stringify(column)));
    const fresh = columns.filter(isRenamed).filter((column) => !known.has(JSON.stringify(column)));
    for (const column of fresh) this.#options.renamed({ ...column, connection, database });
    this.#options.changed(connection);
  }

  /** What cannot be written down holds all the same, for now. */
  #keep(databases: readonly OfDatabase[]): void {
    try {
      this.#write(databases);
    } catch (error) {
      this.#options.unwritten(error);
    }
    this.#set(databases);
  }

  #set(databases: readonly OfDatabase[]): void {
    this.#databases = databases;
    this.#version += 1;
  }

  #write(databases: readonly OfDatabase[]): void {
    this.#store.write(`${JSON.stringify({ version: 1, databases })}\n`);
  }
}

/** Throws when the list cannot be read or was damaged. */
export const checkCoveredColumns = (store: TextStore): void => void read(store);

const isOf = (one: DatabaseIdentity, { systemIdentifier, databaseOid, database }: DatabaseIdentity): boolean =>
  one.database === database && one.databaseOid === databaseOid && one.systemIdentifier === systemIdentifier;

const keyOf = (connection: string, { systemIdentifier, databaseOid, database }: DatabaseIdentity): string =>
  JSON.stringify([connection, systemIdentifier, databaseOid, database]);

/** A database in the place of what was known of it, or as the latest of its name. */
function withDatabase(databases: readonly OfDatabase[], added: OfDatabase): readonly OfDatabase[] {
  const namesake = (one: OfDatabase): boolean =>
    one.connection === added.connection && one.database === added.database && !isOf(one, added);
  const kept = new Set(databases.filter(namesake).slice(1 - keptDatabases));
  const others = databases.filter((one) =>
    namesake(one) ? kept.has(one) : one.connection !== added.connection || !isOf(one, added),
  );
  return [...others, added];
}

function read({ path, read: readText }: TextStore): readonly OfDatabase[] {
  const text = readText();
  if (text === null) return [];
  try {
    return file.parse(JSON.parse(text)).databases;
  } catch {
    throw new Error(`${path} is damaged; restore it from a backup: it says which renamed columns stay masked`);
  }
}
