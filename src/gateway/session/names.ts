import type { NameUse, ParsedStatement } from '../sql/effects.ts';
import type { Definition } from './definition.ts';
import { NameTable } from './name-table.ts';

/** What SQL-level names stand for. PREPARE and Parse share one name space, DECLARE and Bind another. */
export interface NameScope {
  prepared(name: string): Definition | undefined;
  cursor(name: string): Definition | undefined;
}

/**
 * Names of one session, changed only when the server has acknowledged (ParseComplete, CloseComplete, CommandComplete), so
 * that the gate never believes a name to mean something that the server does not.
 */
export class NameRegistry implements NameScope {
  readonly #prepared: NameTable;
  readonly #cursors: NameTable;
  #changes = 0;

  constructor(base: NameRegistry | null = null) {
    this.#prepared = new NameTable(base === null ? null : base.#prepared);
    this.#cursors = new NameTable(base === null ? null : base.#cursors);
    this.#changes = base === null ? 0 : base.#changes;
  }

  /**
   * A registry that starts with the names of another, which must not change meanwhile; changes to it stay in it. Used to
   * judge a text of several statements.
   */
  static overlay(base: NameRegistry): NameRegistry {
    return new NameRegistry(base);
  }

  /** Counts how often a name that SQL can use came to mean something else; never goes down, in an overlay neither. */
  get changes(): number {
    return this.#changes;
  }

  prepared(name: string): Definition | undefined {
    return this.#prepared.get(name);
  }

  cursor(name: string): Definition | undefined {
    return this.#cursors.get(name);
  }

  /** Whether the declaration of a cursor that may be open mentions a name. WITH HOLD it goes on with what the name meant then. */
  cursorsMention(name: string): boolean {
    const plain = /^[a-z_][a-z0-9_]*$/.test(name);
    return this.#cursors.own().some(([, { via, text }]) => {
      if (via !== 'declare') return false;
      const declaration = text.toString('utf8').toLowerCase();
      return !plain || declaration.includes(name) || declaration.includes('u&"');
    });
  }

  setPrepared(name: string, definition: Definition): void {
    this.#set(this.#prepared, name, definition);
  }

  deletePrepared(name: string): void {
    this.#delete(this.#prepared, name);
  }

  setCursor(name: string, definition: Definition): void {
    this.#set(this.#cursors, name, definition);
  }

  deleteCursor(name: string): void {
    this.#delete(this.#cursors, name);
  }

  /** Portals made by Bind end with the transaction. Cursors may be WITH HOLD: one kept too long is harmless, since the server answers for it. */
  endTransaction(): void {
    for (const [name, definition] of this.#cursors.own()) if (definition.via !== 'declare') this.deleteCursor(name);
  }

  /** Takes over what a completed SQL statement did to names. */
  acknowledge(statement: ParsedStatement): void {
    for (const use of statement.names) this.#apply(use, statement);
  }

  #apply(use: NameUse, statement: ParsedStatement): void {
    const define = (via: 'prepare' | 'declare'): Definition => ({
      via,
      text: Buffer.from(statement.text, 'utf8'),
      parameterTypes: [],
    });
    switch (use.op) {
      case 'prepare':
        this.setPrepared(use.name, define('prepare'));
        return;
      case 'deallocate':
        if (use.name === null) this.#clear(this.#prepared);
        else this.deletePrepared(use.name);
        return;
      case 'declare_cursor':
        this.setCursor(use.name, define('declare'));
        return;
      case 'close_cursor':
        if (use.name === null) this.#clear(this.#cursors);
        else this.deleteCursor(use.name);
        return;
      case 'discard_all':
        this.#clear(this.#prepared);
        this.#clear(this.#cursors);
        return;
      case 'execute':
      case 'fetch':
        return;
    }
  }

  #set(names: NameTable, name: string, definition: Definition): void {
    if (name !== '' && names.get(name) !== undefined) this.#changes += 1;
    // A name that was forgotten may be given anew without anybody noticing, so that it is a change.
    this.#changes += names.set(name, definition);
  }

  #delete(names: NameTable, name: string): void {
    if (names.delete(name) && name !== '') this.#changes += 1;
  }

  #clear(names: NameTable): void {
    this.#changes += 1;
    names.clear();
  }
}

/** Portals that a completed SQL statement closed or made anew: what Bind gave their names is gone. `all`: every portal. */
export function portalsEndedBy(statement: ParsedStatement): {
  readonly all: boolean;
  readonly names: readonly string[];
} {
  let all = false;
  const names: string[] = [];
  for (const use of statement.names) {
    if (use.op === 'discard_all') all = true;
    if (use.op !== 'close_cursor' && use.op !== 'declare_cursor') continue;
    if (use.name === null) all = true;
    else names.push(use.name);
  }
  return { all, names };
}
