import type { CatalogSnapshot } from '../../src/gateway/sql/catalog.ts';
import type { Effects, ParsedStatement } from '../../src/gateway/sql/effects.ts';
import type { Parser } from '../../src/gateway/sql/parser.ts';

/** What EXECUTE and FETCH run, as the gate's session keeps it. */
export class NamedStatements {
  readonly #parser: Parser;
  readonly #prepared = new Map<string, string>();
  readonly #cursors = new Map<string, Effects>();

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  /** The effects of a statement that has run, with those of what it named. Null when it names what nobody has made. */
  resolve({ effects, names, text }: ParsedStatement, catalog: CatalogSnapshot | null): Effects | null {
    let resolved: Effects | null = effects;
    for (const use of names) {
      if (use.op === 'prepare') this.#prepared.set(use.name, text);
      else if (use.op === 'declare_cursor') this.#cursors.set(use.name, effects);
      else if (use.op === 'execute' || use.op === 'fetch') {
        const of = use.op === 'execute' ? this.#inside(use.name, catalog) : this.#cursors.get(use.name);
        resolved = of === undefined || resolved === null ? null : both(resolved, of);
      }
    }
    return resolved;
  }

  /** Judged with the catalog of now: the server plans anew when it has changed. */
  #inside(name: string, catalog: CatalogSnapshot | null): Effects | undefined {
    const text = this.#prepared.get(name);
    const understanding = text === undefined ? null : this.#parser.understand(text, catalog);
    const use = understanding?.status === 'understood' ? understanding.statements[0]?.names[0] : undefined;
    return use?.op === 'prepare' ? use.statement.effects : undefined;
  }
}

const both = (one: Effects, other: Effects): Effects => ({
  ...other,
  kinds: [...one.kinds, ...other.kinds],
  reads: [...one.reads, ...other.reads],
  writes: [...one.writes, ...other.writes],
  functions: [...one.functions, ...other.functions],
  settings: [...one.settings, ...other.settings],
  understood: one.understood && other.understood,
});
