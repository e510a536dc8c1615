import type { NameUse, ParsedStatement } from '../sql/effects.ts';

/**
 * What a name stands for: the text that made it, judged anew at every use against the catalog of that moment.
 * `parse`: the text of a Parse; `prepare`, `declare`: the whole PREPARE or DECLARE statement; `bind`: the text a portal runs.
 */
export interface Definition {
  readonly via: 'parse' | 'prepare' | 'declare' | 'bind';
  readonly text: Buffer;
  readonly parameterTypes: readonly number[];
}

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
  readonly #prepared = new Map<string, Definition>();
  readonly #cursors = new Map<string, Definition>();

  /** A registry that starts with the names of another; changes to it stay in it. Used to judge a text of several statements. */
  static overlay(base: NameRegistry): NameRegistry {
    const copy = new NameRegistry();
    for (const [name, definition] of base.#prepared) copy.#prepared.set(name, definition);
    for (const [name, definition] of base.#cursors) copy.#cursors.set(name, definition);
    return copy;
  }

  prepared(name: string): Definition | undefined {
    return this.#prepared.get(name);
  }

  cursor(name: string): Definition | undefined {
    return this.#cursors.get(name);
  }

  setPrepared(name: string, definition: Definition): void {
    this.#prepared.set(name, definition);
  }

  deletePrepared(name: string): void {
    this.#prepared.delete(name);
  }

  setCursor(name: string, definition: Definition): void {
    this.#cursors.set(name, definition);
  }

  deleteCursor(name: string): void {
    this.#cursors.delete(name);
  }

  /** Portals made by Bind end with the transaction. Cursors may be WITH HOLD: one kept too long is harmless, since the server answers for it. */
  endTransaction(): void {
    for (const [name, definition] of [...this.#cursors]) if (definition.via === 'bind') this.#cursors.delete(name);
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
        this.#prepared.set(use.name, define('prepare'));
        return;
      case 'deallocate':
        if (use.name === null) this.#prepared.clear();
        else this.#prepared.delete(use.name);
        return;
      case 'declare_cursor':
        this.#cursors.set(use.name, define('declare'));
        return;
      case 'close_cursor':
        if (use.name === null) this.#cursors.clear();
        else this.#cursors.delete(use.name);
        return;
      case 'discard_all':
        this.#prepared.clear();
        this.#cursors.clear();
        return;
      case 'execute':
      case 'fetch':
        return;
    }
  }
}
