import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { MaskRule } from '../contract/index.ts';
import { isSystemError, replaceFile } from './door/files.ts';
import type { CopiedColumn } from './masking/types.ts';

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
type Copied = z.infer<typeof copied>;
const file = z.strictObject({ version: z.literal(1), columns: z.array(copied) });

/** Rule of columns that masked values were copied to. */
export const copiedRule = 'copied';

/**
 * Columns that statements copied masked values into: they stay masked, for as long as nobody says otherwise. Remembered
 * before the statement is sent, so that there is no moment at which a copy could be read.
 */
export class CopiedColumns {
  readonly #path: string;
  readonly #now: () => number;
  #columns: readonly Copied[];
  /** By connection and database; dropped when anything changes. */
  #rules = new Map<string, readonly MaskRule[]>();

  /** `now`: milliseconds since the epoch. Throws when the file in the key folder cannot be read or was damaged: to forget it would be to unmask. */
  constructor(keyFolder: string, now: () => number) {
    mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
    this.#path = join(keyFolder, 'copied-columns.json');
    this.#now = now;
    this.#columns = read(this.#path);
  }

  /** Mask rules for what was copied in a database; the same array until that changes. */
  rules(connection: string, database: string): readonly MaskRule[] {
    const key = JSON.stringify([connection, database]);
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const rules = this.#columns
      .filter((column) => column.connection === connection && column.database === database)
      .map(({ schema, relation, column }): MaskRule => {
        return { id: copiedRule, schema: schema ?? '*', table: relation, column, masker: { kind: 'full' } };
      });
    this.#rules.set(key, rules);
    return rules;
  }

  /** Remembers what a statement is about to copy. Throws the system's error when that cannot be written down. */
  remember(connection: string, database: string, columns: readonly CopiedColumn[]): void {
    const added = columns
      .filter(({ schema, relation, column }) => !this.#has(connection, database, schema, relation, column))
      .map((column): Copied => ({ connection, database, ...column, sources: [...column.sources], since: this.#now() }));
    if (added.length > 0) this.#keep([...this.#columns, ...added]);
  }

  /** What is remembered of a connection, the latest last. */
  list(connection: string): readonly Copied[] {
    return this.#columns.filter((column) => column.connection === connection);
  }

  /** The operator says that a column holds no masked values any more. False when it was not remembered. */
  forget(connection: string, database: string, relation: string, column: string): boolean {
    const kept = this.#columns.filter(
      (one) =>
        one.connection !== connection ||
        one.database !== database ||
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
    replaceFile(this.#path, `${JSON.stringify({ version: 1, columns }, null, 2)}\n`, 0o600);
    this.#columns = columns;
    this.#rules = new Map();
  }
}

function read(path: string): readonly Copied[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    return file.parse(JSON.parse(text)).columns;
  } catch {
    throw new Error(`${path} is damaged; restore it from a backup: it says which columns hold copies of masked values`);
  }
}
