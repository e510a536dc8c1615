import { isDeepStrictEqual } from 'node:util';
import { derived, type MaskedBy } from '../masking/masked-catalog.ts';
import type { Temporaries, TemporaryCreation, TemporaryEffects, TemporaryTable } from '../masking/temporary/types.ts';
import type { Judged } from './judged.ts';
import type { ListedRelation } from './read-temporaries.ts';

/** What is remembered of one table whose making was seen. */
interface Followed {
  readonly name: string;
  /** Names of its columns in their order. */
  readonly columns: readonly string[];
  readonly masks: Map<string, MaskedBy>;
  readonly basis: string;
}

interface Making {
  readonly judged: Judged;
  readonly creation: TemporaryCreation;
  readonly basis: string;
}

/** How much is kept of one session. */
export const temporaryLimit = {
  /** Tables that are followed: the oldest are forgotten, and masked whole from then on. */
  followed: 1000,
  /** Names: they say of what nothing is known, so none may be forgotten, and the session ends. */
  names: 100_000,
} as const;

/**
 * The temporary tables of one session, and what is in them. A table is followed from the statement that makes it, by its OID: that
 * statement ran alone, and right behind it the server lists a table of its name that it did not list before. What is
 * written later is noted before it is sent. Whatever is not certain ends that: a table that is not followed is masked whole.
 */
export class TemporaryTables {
  /** By OID. What is gone is kept: ROLLBACK may bring it back. */
  readonly #followed = new Map<number, Followed>();
  readonly #names = new Set<string>();
  #listed: readonly ListedRelation[] = [];
  #current: Temporaries = { tables: [], names: this.#names };
  /** Sent alone, and not complete yet. */
  #making: Making | null = null;
  /** Complete, and nothing was sent behind it. */
  #made: Making | null = null;
  #stale = false;
  /** The server was asked inside a transaction, whose end may change the answer. */
  #askedInside = false;
  /** Code ran in this transaction; what it left (deferred triggers) may run until the end. */
  #distrusted = false;

  /** What is known now: the same object until that changes. */
  get current(): Temporaries {
    return this.#current;
  }

  /**
   * Statements are about to be sent, in one unit. `mayMean`: whether a name may still mean something else than a table that is made
   * under it now.
   */
  sent(statements: readonly Judged[], mayMean: (name: string) => boolean): void {
    this.#making = null;
    this.#made = null;
    for (const judged of statements) this.#note(judged.masking?.temporary ?? null, judged);
    const [only, ...others] = statements;
    const effects = only?.masking?.temporary;
    const creation = effects?.creates ?? null;
    if (only === undefined || effects === undefined || creation === null || others.length > 0) return;
    if (!this.#distrusted && !mayMean(creation.name)) this.#making = { judged: only, creation, basis: effects.basis };
  }

  /** A statement completed or failed. */
  completed(judged: Judged, failed: boolean): void {
    this.#made = !failed && this.#making?.judged === judged ? this.#making : null;
    this.#making = null;
    if (this.#names.size === 0) return;
    this.#stale ||=
      failed || judged.changesCatalog || judged.movesNames || judged.effects.kinds.includes('transaction');
  }

  /** Whether the server has to be asked which temporary relations there are, before the next statement is judged. */
  due(outsideTransaction: boolean): boolean {
    if (outsideTransaction) this.#distrusted = false;
    return this.#stale || (this.#askedInside && outsideTransaction);
  }

  /** The server said which there are; null when it did not. */
  listed(relations: readonly ListedRelation[] | null, outsideTransaction: boolean): void {
    this.#stale = false;
    this.#askedInside = !outsideTransaction;
    this.#listed = relations ?? [];
    for (const { name } of this.#listed) this.#name(name);
    if (this.#made !== null) this.#follow(this.#made);
    this.#made = null;
    this.#changed();
  }

  #note(effects: TemporaryEffects | null, judged: Judged): void {
    if (effects === null || effects.runsCode) {
      this.#followed.clear();
      this.#distrusted = true;
    }
    if (effects === null) return this.#changed();
    for (const [oid, { name }] of this.#followed) if (effects.redefines.has(name)) this.#followed.delete(oid);
    for (const given of effects.gives) this.#give(given);
    if (effects.creates !== null) this.#name(effects.creates.name);
    for (const { temporary, relation } of judged.masking?.copies ?? []) if (temporary === true) this.#name(relation);
    this.#changed();
  }

  #give({ relation, column, by }: TemporaryEffects['gives'][number]): void {
    const targets = [...this.#followed.values()].filter(({ name }) => name === relation);
    // It may be a view of one that is followed.
    if (targets.length === 0 && this.#names.has(relation)) this.#followed.clear();
    for (const { columns, masks } of targets) {
      for (const name of column === null ? columns : [column]) {
        const before = masks.get(name);
        masks.set(name, before === undefined || isDeepStrictEqual(before, by) ? by : derived);
      }
    }
  }

  #follow({ creation, basis }: Making): void {
    const found = this.#listed.find(({ name }) => name === creation.name);
    const known = found === undefined || this.#followed.has(found.oid) ? null : found.columns;
    if (found === undefined || known === null || known.length !== creation.columns.length) return;
    if (creation.columns.some(({ name }, at) => name !== null && name !== known[at]?.name)) return;
    const masks = creation.columns.flatMap(({ by }, at) => {
      const name = known[at]?.name;
      return by === null || name === undefined ? [] : [[name, by] as const];
    });
    const columns = known.map(({ name }) => name);
    this.#followed.set(found.oid, { name: creation.name, columns, masks: new Map(masks), basis });
    for (const oid of this.#followed.keys()) {
      if (this.#followed.size <= temporaryLimit.followed) break;
      this.#followed.delete(oid);
    }
  }

  #name(name: string): void {
    this.#names.add(name);
    if (this.#names.size > temporaryLimit.names)
      throw new Error(`a session may not have made temporary tables under more than ${temporaryLimit.names} names`);
  }

  #changed(): void {
    const tables = this.#listed.flatMap((relation) => this.#tableOf(relation) ?? []);
    if (this.#names.size === 0 && this.#current.tables.length === 0 && tables.length === 0) return;
    const now = { tables, names: new Set(this.#names) };
    if (!isDeepStrictEqual(now, this.#current)) this.#current = now;
  }

  /** A listed table as it is masked; null when it is not followed, or not any more what it was. */
  #tableOf({ oid, schema, name, plain, columns }: ListedRelation): TemporaryTable | null {
    const followed = this.#followed.get(oid);
    const same =
      followed !== undefined &&
      plain &&
      followed.name === name &&
      followed.columns.length === columns.length &&
      columns.every((column, at) => column.attributeNumber === at + 1 && column.name === followed.columns[at]);
    return same ? { oid, schema, name, columns, masks: new Map(followed.masks), basis: followed.basis } : null;
  }
}
