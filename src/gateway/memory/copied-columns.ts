import { z } from 'zod';
import type { MaskRule } from '../../contract/index.ts';
import type { CopiedColumn } from '../masking/types.ts';
import type { TextStore } from './text-store.ts';

/** File name in the key folder. */
export const copiedColumnsFile = 'copied-columns.json';

const copied = z.strictObject({
  connection: z.string(),
  database: z.string(),
  /** Null: in whichever schema a table of this name is. */
  schema: z.string().nullable(),
  relation: z.string(),
  column: z.string(),
  /** `users.email`: what it was given values of, when it was first. */
  sources: z.array(z.string()),
  /** Milliseconds since the epoch. */
  since: z.number(),
});
export type CopiedPlace = Readonly<z.infer<typeof copied>>;
type Copied = CopiedPlace;
/** Where copies are, without what was copied there and when. */
export type CopyPlace = Omit<CopiedPlace, 'sources' | 'since'>;
const file = z.strictObject({ version: z.literal(1), columns: z.array(copied) });

/** A copied column in words: `public.backup.email in database shop`. */
export const placeOfCopy = ({ database, schema, relation, column }: CopyPlace): string =>
  `${schema ?? '*'}.${relation}.${column} in database ${database}`;

/** Rule of columns that masked values were copied to. */
export const copiedRule = 'copied';

/** What masks a copied column. */
export const ruleOfCopy = ({ schema, relation, column }: CopyPlace): MaskRule => ({
  id: copiedRule,
  schema: schema ?? '*',
  table: relation,
  column,
  masker: { kind: 'full' },
});

/**
 * Columns that statements copied masked values into: they stay masked, for as long as nobody says otherwise. Remembered
 * before the statement is sent, so that there is no moment at which a copy could be read.
 */
export class CopiedColumns {
  readonly #store: TextStore;
  readonly #now: () => number;
  readonly #added: (copied: CopiedPlace) => void;
  #columns: readonly Copied[];
  /** By connection and database; dropped when anything changes. */
  #rules = new Map<string, readonly MaskRule[]>();

  /** `now`: milliseconds since the epoch. `added` is told of each column once it is written down. Throws when the list cannot be read or was damaged: to forget it would be to unmask. */
  constructor(store: TextStore, now: () => number, added: (copied: CopiedPlace) => void = () => undefined) {
    this.#store = store;
    this.#now = now;
    this.#added = added;
    this.#columns = read(store);
  }

  /** Mask rules for what was copied in a database; the same array until that changes. */
  rules(connection: string, database: string): readonly MaskRule[] {
    const key = JSON.stringify([connection, database]);
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const rules = this.#columns
      .filter((column) => column.connection === connection && column.database === database)
      .map(ruleOfCopy);
    this.#rules.set(key, rules);
    return rules;
  }

  /** Remembers what a statement is about to copy. Throws the system's error when that cannot be written down. */
  remember(connection: string, database: string, columns: readonly CopiedColumn[]): void {
    const added = columns
      .filter(({ schema, relation, column }) => !this.#has(connection, database, schema, relation, column))
      .map((column): Copied => ({ connection, database, ...column, sources: [...column.sources], since: this.#now() }));
    if (added.length === 0) return;
    this.#keep([...this.#columns, ...added]);
    for (const column of added) this.#added(column);
  }

  /** What is remembered of a connection, the latest last. */
  list(connection: string): readonly Copied[] {
    return this.#columns.filter((column) => column.connection === connection);
  }

  /** The operator says that a column holds no masked values any more. False when it was not remembered. */
  forget({ connection, database, schema, relation, column }: CopyPlace): boolean {
    const kept = this.#columns.filter(
      (one) =>
        one.connection !== connection ||
        one.database !== database ||
        one.schema !== schema ||
        one.relation !== relation ||
        one.column !== column,
    );
    if (kept.length === this.#columns.length) return false;
    this.#keep(kept);
    return true;
  }

  #has(connection: string, database: string, schema: string | null, relation: string, column: string): boolean {
    return this.#columns.some(
      (one) =>
        one.connection === connection &&
        one.database === database &&
        (one.schema === null || one.schema === schema) &&
        one.relation === relation &&
        one.column === column,
    );
  }

  #keep(columns: readonly Copied[]): void {
    this.#store.write(`${JSON.stringify({ version: 1, columns }, null, 2)}\n`);
    this.#columns = columns;
    this.#rules = new Map();
  }
}

function read({ path, read: readText }: TextStore): readonly Copied[] {
  const text = readText();
  if (text === null) return [];
  try {
    return file.parse(JSON.parse(text)).columns;
  } catch {
    throw new Error(`${path} is damaged; restore it from a backup: it says which columns hold copies of masked values`);
  }
}
